import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psbot.errors import FileProblems, PsbotError
from psbot.parsing.yaml_document import YamlData, load_yaml, parse_yaml


def complaints(text: str) -> list[str]:
    try:
        return [str(problem) for problem in parse_yaml("f.yml", text).problems]
    except FileProblems as error:
        return [str(problem) for problem in error.problems]


def test_loader_keeps_what_is_written_and_where() -> None:
    document = parse_yaml(
        "f.yml", "a: 1\nb:\n  - {on: tuesday, at: '10:00'}\n  - 2026-13-01\nc: [1.5, true, ~]\n"
    )
    assert document.data == {
        "a": 1,
        "b": [{"on": "tuesday", "at": "10:00"}, "2026-13-01"],
        "c": [1.5, True, None],
    }
    assert document.values["b", 0, "at"] == (3, 23)
    assert document.keys["b", 0, "at"] == (3, 19)


@pytest.mark.parametrize(
    "word", ["no", "Yes", "on", "OFF", "y", "True", "12:30", "010", "0x1F", "1_000", "+1", "1e3", ".inf"]
)
def test_loader_refuses_what_readers_of_yaml_disagree_about(word: str) -> None:
    (complaint,) = complaints(f"key: {word}")
    assert complaint.startswith(f"f.yml:1:6: key: {word} is ambiguous in YAML")
    assert complaints(f'key: "{word}"') == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\na: 2", "f.yml:2:1: a: duplicate key, first used in line 1; keep one of them"),
        ("a: &x 1", "f.yml:1:4: a: the anchor &x is not allowed; delete it, and write values out"),
        ("a: *x", "f.yml:1:4: a: the alias *x is not allowed; write the value out"),
        ("<<: {a: 1}", "f.yml:1:1: the merge key << is not allowed; write the values out"),
        ("a: !!python/x y", "f.yml:1:4: a: the tag tag:yaml.org,2002:python/x is not allowed; delete it"),
        ("a: 1\n---\nb: 2", "f.yml:2:1: a second document starts here; keep one document per file"),
        ("? [a]\n: 1", "f.yml:1:3: the key is a mapping or a list; write a plain word before the colon"),
        ("a: \x07", "f.yml:1:4: the character U+0007 is not allowed; delete it"),
        ("a: b\u2028c: d", "f.yml:1:5: the character U+2028 is not allowed; delete it"),
        ("a: [1", "f.yml:1:6: this is not YAML: did not find expected ',' or ']' while parsing a flow sequence; "
                  "check the quotes, brackets and indentation here"),
    ],
)  # fmt: skip
def test_loader_says_where_a_file_is_not_plain(text: str, complaint: str) -> None:
    assert complaint in complaints(text)


def test_loader_reads_the_rest_right_when_a_key_is_no_plain_word() -> None:
    document = parse_yaml("f.yml", "{[a]: b, c: 1}")
    assert document.data == {"": "b", "c": 1}
    assert document.keys == {("",): (1, 2), ("c",): (1, 10)}


def test_loader_says_everything_at_once() -> None:
    assert len(complaints("a: no\nb: 010\na: 3\nc: &x 1\nd: *x\ne: !t 2\n")) == 6


def test_loader_stays_small_when_a_bomb_is_loaded() -> None:
    bomb = "a: &a [x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert any("alias" in each for each in complaints(bomb))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a:\n" + "".join(" " * depth + "- \n" for depth in range(200)), "{a: " * 5000]
)
def test_loader_stops_at_a_depth_when_nesting_is_hostile(text: str) -> None:
    assert any("nested deeper than 20 levels" in each or "not YAML" in each for each in complaints(text))


def test_loader_stops_at_a_number_of_values() -> None:
    assert "more than 50000 values" in complaints("[" + "1," * 60_000 + "]")[0]


def test_loader_names_the_file_when_it_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PsbotError, match="does not exist"):
        load_yaml(tmp_path / "missing.yml")
    with pytest.raises(PsbotError, match="is a directory"):
        load_yaml(tmp_path)
    large = tmp_path / "large.yml"
    with large.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    with pytest.raises(PsbotError, match="larger than 1024 KiB"):
        load_yaml(large)
    latin = tmp_path / "latin.yml"
    latin.write_bytes("a: ok\ncustomer: Müller\n".encode("latin-1"))
    with pytest.raises(FileProblems, match=r"latin\.yml:2:12: the file is not UTF-8 text"):
        load_yaml(latin)


def test_loader_reads_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "windows.yml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert load_yaml(file).data == {"a": 1, "b": 2}


yaml_like = st.text(
    alphabet=st.sampled_from(list("ab1:-?!&*[]{},|>'\"%@`#~ \n\t\\0.\r\ufeff\u2028é\x00<=")), max_size=80
)


@settings(max_examples=500)
@given(st.one_of(yaml_like, st.text(max_size=80)))
@example("a: [1,2\n")
@example("? a\n")
@example("*a : b")
@example("%YAML 1.1\n---\n")
@example("{[]: , : }")
@example('{*a : 1, "": 2}')
@example('{<<: 1, "<<": 2}')
def test_loader_never_crashes_and_every_error_has_a_line_that_exists(text: str) -> None:
    try:
        problems = parse_yaml("f.yml", text).problems
    except FileProblems as error:
        problems = error.problems
    lines = text.count("\n") + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)


plain: st.SearchStrategy[YamlData] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abc -", min_size=1, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(plain)
def test_loader_reads_back_what_json_writes(data: YamlData) -> None:
    assert parse_yaml("f.yml", json.dumps(data)).data == data


def test_alias_as_a_key_and_the_empty_key_are_both_reported() -> None:
    assert [str(problem) for problem in parse_yaml("x.yml", '*a : x\n"": z\n').problems] == [
        "x.yml:1:1: the alias *a is not allowed; write the value out",
        "x.yml:2:1: duplicate key, first used in line 1; keep one of them",
    ]
