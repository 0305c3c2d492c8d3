"""Files of any content: engagement files, configuration and templates end with places and sentences, and end at all."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.config.loader import load_process
from psbot.core.text.escape import replace_control_characters
from psbot.engagements.loader import load_engagement, parse_engagement
from psbot.errors import FileProblems, PsbotError
from psbot.templates.library import TemplateLibrary
from tests.injection.corpus import CORPUS
from tests.injection.oracle import assert_quiet
from tests.support.paths import ROOT
from tests.support.sample import examples

PROCESS = load_process(ROOT / "config")
EXAMPLE = (ROOT / "examples" / "acme-aws.yml").read_text()
CONFIGS = sorted(file.name for file in (ROOT / "config").glob("*.yml"))
TEXTS = [entry.text for entry in CORPUS]

pieces = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=20),
    st.sampled_from(["\n", "  ", "- ", ": ", "? ", "[", "]", "{", "}", "&a ", "*a", "|", ">", "'", '"', "#", "!!str ", "<<: *a", "---\n", "...\n", "\t", "99999999999999999999", "1e999"]),
)  # fmt: skip
words = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=10),
    st.sampled_from(["{{ ", " }}", "{% ", " %}", "if ", "for x in ", "endfor", "endif", "else", "engagement", ".customer", "item", "[0]", "(", ")", "|join", "|length", "|map(", "'a' * 99999999", "9 ** 9999999",
                     "x", "=", "set ", "macro m()", "endmacro", "m()", "include 'a.md'", "import 'a.md' as x", "not ", "in ", "range(9)", "~", "+", "*", "**", "[" * 300, "(" * 300, "-" * 300, "9" * 5000, "hours", "timeline", "loop.index", "\n", "<!-- psbot begin: a -->\n", "<!-- psbot end: a -->\n"]),
)  # fmt: skip


def spliced(text: str, at: int, length: int, put: str) -> str:
    start = at % (len(text) + 1)
    return text[:start] + put + text[start + length :]


def ends_well(load: Callable[[], object]) -> None:
    try:
        load()
    except PsbotError as error:
        assert str(error)
        assert_quiet(replace_control_characters(str(error)))
        if isinstance(error, FileProblems):
            assert all(each.line >= 1 and each.column >= 1 for each in error.problems)


@settings(max_examples=examples(300), deadline=None)
@given(content=st.binary(max_size=300), cut=st.integers(0, 2000))
def test_engagement_file_of_any_bytes_is_refused_or_read(content: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.yml"
        file.write_bytes(EXAMPLE.encode()[:cut] + content)
        loaded = load_engagement(file, PROCESS)
        assert (loaded.engagement is None) == (loaded.error is not None)


@settings(max_examples=examples(300), deadline=None)
@given(at=st.integers(0, 3000), length=st.integers(0, 40), put=st.lists(pieces, max_size=6).map("".join))
def test_engagement_file_with_any_part_replaced_is_refused_or_read(at: int, length: int, put: str) -> None:
    loaded = parse_engagement("a.yml", spliced(EXAMPLE, at, length, put), PROCESS)
    assert (loaded.engagement is None) == (loaded.error is not None)
    if loaded.error:
        assert_quiet(replace_control_characters(str(loaded.error)))


def test_engagement_file_made_to_keep_psbot_busy_is_refused() -> None:
    for text in (
        "".join(f"unknown{at}: x\n" for at in range(16_000)), "x" * 500_000 + ": y\n", "{" * 100_000, "[" * 100_000, "- " * 100_000, "a: &a [" + "*a, " * 20_000 + "]\n",
        "customer: " + "9" * 500_000, "? " * 50_000, '"' + "\\" * 200_001, "milestones:\n" + "- {name: x, due: y}\n" * 10_000, "#" * 900_000, "links:\n" + "".join(f"  k{at}: javascript:x\n" for at in range(16_000)),
    ):  # fmt: skip
        assert parse_engagement("a.yml", text, PROCESS).error is not None


@settings(max_examples=examples(150), deadline=None)
@given(name=st.sampled_from(CONFIGS), at=st.integers(0, 8000), length=st.integers(0, 30), put=st.lists(pieces, max_size=4).map("".join))  # fmt: skip
def test_configuration_with_any_part_replaced_is_refused_or_read(
    name: str, at: int, length: int, put: str
) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "config"
        shutil.copytree(ROOT / "config", folder)
        text = (folder / name).read_text()
        (folder / name).write_bytes(spliced(text, at, length, put).encode(errors="surrogatepass"))
        ends_well(lambda: load_process(folder))


@settings(max_examples=examples(400), deadline=None)
@given(source=st.lists(words, max_size=14).map("".join))
def test_template_of_any_source_is_refused_or_rendered(source: str) -> None:
    with tempfile.TemporaryDirectory() as parent:
        (Path(parent) / "a.md").write_bytes(source.encode(errors="surrogatepass"))
        ends_well(lambda: TemplateLibrary(Path(parent)).render("a", {}))
