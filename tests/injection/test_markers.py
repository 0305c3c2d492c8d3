"""Markers and managed sections in text that anybody may have written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.core.text import marker
from psbot.core.text.marker import Marker
from tests.support.sample import examples

MARK = "<!-- psbot: engagement=acme item=kick-off -->"
keys = st.from_regex(r"[a-z0-9-]{2,20}", fullmatch=True)
items = st.from_regex(r"[a-z0-9-]{1,20}(/[A-Za-z0-9-]{1,20})?", fullmatch=True)
memories = st.dictionaries(
    st.from_regex(r"[a-z_]{1,10}", fullmatch=True).filter(lambda key: key not in ("engagement", "item")),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="<>=\x7f\x85\xa0"), min_size=1, max_size=20),
    max_size=5,
)  # fmt: skip
# Pieces of markers and sections in every order: what a person makes by copying, cutting and pasting.
PIECES = [
    MARK, "<!-- psbot: engagement=acme item=kick-off", "<!-- psbot begin: a -->", "<!-- psbot end: a -->", "<!-- psbot begin: b -->",
    "<!-- psbot end: b -->", "<!-- psbot begin: a", "-->", "<!--", "  <!-- psbot begin: a -->", "<!-- psbot begin: a --> x", "<!-- psbot end: a -->\t",
    "text", "\n", "\r\n", "\n", "\ufeff", "<!-- psbot begin: A -->", "```", "> <!-- psbot end: a -->",
]  # fmt: skip
pasted = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@settings(deadline=None)
@given(keys, items, memories, st.text(max_size=200))
def test_marker_that_is_written_is_read_again_with_the_words_below_it(
    key: str, item: str, memory: dict[str, str], words: str
) -> None:
    written = marker.with_marker(words, Marker(key, item, memory))
    assert marker.parse_marker(written) == Marker(key, item, memory)
    if marker.parse_marker(words) is None:
        assert written == f"{Marker(key, item, memory)}\n{words}"


def by_lines(text: str) -> dict[str, str]:
    """The sections of *text*, read line by line: the first begin to the next end of its name, names that are whole."""
    lines = [line.removesuffix("\n").removesuffix("\r").rstrip(" \t") for line in text.split("\n")]
    edges = [
        (line.split()[2].rstrip(":"), line.split()[3], number)
        for number, line in enumerate(lines)
        if line in {f"<!-- psbot {edge}: {name} -->" for edge in ("begin", "end") for name in "ab"}
    ]
    found = {}
    for name in "ab":
        mine = [(edge, number) for edge, each, number in edges if each == name]
        if [edge for edge, _ in mine] != ["begin", "end"]:
            continue
        (_, first), (_, last) = mine
        if not [each for _, each, number in edges if each != name and first < number < last]:
            found[name] = "".join(f"{line}\n" for line in text.split("\n")[first + 1 : last])
    return found


@settings(max_examples=examples(500), deadline=None)
@given(pasted)
def test_sections_are_those_that_a_reader_of_lines_finds_between_whole_pairs(text: str) -> None:
    assert {name: marker.managed_sections(text)[name] for name in marker.managed_sections(text)} == {
        name: inside for name, inside in by_lines(text).items() if name not in marker.damaged_sections(text)
    }


@settings(max_examples=examples(500), deadline=None)
@given(pasted, st.sampled_from(["a", "b", "c"]))
def test_section_that_is_put_in_is_there_and_everything_else_stays(text: str, name: str) -> None:
    if name in marker.damaged_sections(text):
        return
    after = marker.with_section(text, name, "new\n")
    rest = {key: inside for key, inside in marker.managed_sections(text).items() if key != name}
    if not marker.damaged_sections(text):
        assert marker.managed_sections(after) == {**rest, name: "new\n"}
    if name in marker.managed_sections(text):
        assert marker.human_text(after) == marker.human_text(text)
    assert marker.parse_marker(after) == marker.parse_marker(text)


@settings(max_examples=examples(500), deadline=None)
@given(st.one_of(pasted, st.text(max_size=300)))
def test_any_description_can_be_read(text: str) -> None:
    found = marker.parse_marker(text)
    lines = [line.rstrip(" \t\r") for line in text.removeprefix("\ufeff").split("\n")]
    assert found is None or str(found) in lines
    assert len(marker.human_text(text)) <= len(text)
    assert not marker.managed_sections(text).keys() & marker.damaged_sections(text)


HOPELESS = {
    "pairs without an end": "<!-- psbot: engagement" + "=aaaaaaaaaa" * 150 + " !",
    "pairs and blanks": "<!-- psbot: " + "a=a " * 480 + "!",
    "begins without an end": "<!-- psbot begin: a -->\n" * 40_000,
    "ends without a begin": "<!-- psbot end: a -->\n" * 40_000,
    "begins of many names": "".join(f"<!-- psbot begin: {'a' * (at % 500 + 1)} -->\n" for at in range(4000)),
    "blanks behind a comment": ("<!-- psbot begin: a -->" + " " * 500 + "x\n") * 2000,
    "one long comment": "<!-- psbot begin: " + "a" * 1_000_000,
    "markers on one line": "x" + "<!-- psbot: engagement=acme item=epic -->" * 25_000,
    "lines that begin as markers": "<!-- psbot: engagement=acme\n" * 40_000,
    "markers that are too long": ("<!-- psbot: " + "a=a " * 600 + "-->\n") * 400,
}


def test_text_made_to_keep_psbot_busy_is_read_all_the_same() -> None:
    for what, text in HOPELESS.items():
        for whole in (text, f"{MARK}\n{text}"):
            marker.parse_marker(whole)
            assert marker.managed_sections(whole) == {}, what
            assert marker.human_text(whole) in (text, whole), what
            marker.with_section(whole, "b", "x\n")


def test_marker_with_a_key_that_psbot_never_writes_is_none() -> None:
    for item in ("@all", "a`b", "a/b/c", "call/@root", "\x1b[31m", "a|b", "epic\u202e", "/close"):
        assert marker.parse_marker(f"<!-- psbot: engagement=acme item={item} -->\n") is None, item
        assert marker.parse_marker(f"<!-- psbot: engagement={item} item=epic -->\n") is None, item


def test_section_is_found_when_its_lines_end_as_on_windows() -> None:
    text = f"{MARK}\r\n<!-- psbot begin: a -->\r\nold\r\n<!-- psbot end: a -->\r\n\r\nwords\r\n"
    assert marker.managed_sections(text) == {"a": "old\r\n"}
    assert marker.with_section(text, "a", "new\n").count("psbot begin: a") == 1


def test_marker_counts_on_any_line_of_its_own_and_is_put_back_on_top() -> None:
    minutes = f"Minutes\n\n- we met\n{MARK} \t\r\nwords\n"
    assert marker.parse_marker(minutes) == Marker("acme", "kick-off")
    assert marker.human_text(minutes) == "Minutes\n\n- we met\nwords\n"
    assert marker.with_marker(minutes, Marker("acme", "log")).startswith(
        "<!-- psbot: engagement=acme item=log -->\nMinutes\n"
    )
    for other in (f"As in {MARK}", f"> {MARK}", f"  {MARK}", f"{MARK} and", f"- {MARK}"):
        assert marker.parse_marker(f"Minutes\n{other}\n") is None, other


def test_marker_inside_a_section_is_not_the_descriptions() -> None:
    assert marker.parse_marker(f"x\n<!-- psbot begin: a -->\n{MARK}\n<!-- psbot end: a -->\n") is None


def test_first_of_several_markers_counts() -> None:
    below = str(Marker("other", "epic"))
    assert marker.parse_marker(f"{MARK}\n{below}\n") == Marker("acme", "kick-off")
    assert marker.parse_marker(f"<!-- psbot: broken -->\n{below}\n{MARK}\n") == Marker("other", "epic")
