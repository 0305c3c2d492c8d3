"""Escaped text, rendered as GitLab does: it looks as typed, and nothing in it is a formula, a mention or a reference."""

import re

import pytest

from psbot.core.text.escape import WORD_JOINER, escape_markdown, link_markdown, neutralize, one_line, unescape
from tests.core.text.gitlab_markdown import Page
from tests.injection.corpus import CORPUS, Entry, check_each

PRICES = (
    "Fee: US$100-$200 per seat", "$100/$200", "US$/user, US$/year", "$5", "CA$ 1,000.00", "100 $", "$1.50 + $2.50 = $4",
    "€ 5", "50% off", "100%", "5% to 10%", "from $100 to $ 200", "$$100$$",
)  # fmt: skip
ADDRESSES = (
    "jane@acme.com", "write to jane.doe+gitlab@mail.acme-corp.co.uk, please", "john_doe@acme.com", "(jane@acme.com)",
    "mailto:jane@acme.com", "https://acme.example", "https://acme.example/", "see https://acme.example/a_b/c-d.html.",
    "(https://acme.example:8443/x?a=1&b=2#top)", "http://10.0.0.1:8080/health", "www.acme.example/a_b",
    "https://acme.example/My%20Documents/plan.docx", "https://acme.example/a_b_c?x_y=1", "ftp://acme.example/a_b",
    "git@gitlab.acme.com:group/project.git", "https://github.com/acme/x/issues/12", "https://acme.example/~jane/#1",
)  # fmt: skip
PATHS = (
    "~/.ssh/id_rsa", "/etc/hosts", "C:\\Users\\jane\\_new", "\\\\server\\share$", "./run.sh", "../up", "a/b/c", "*.txt",
    "src/**/*.py", "~jane/x", "//server/share", "C:\\$Recycle.Bin", "%APPDATA%\\x",
)  # fmt: skip
SHELL = (
    "$HOME/bin:$PATH", "${HOME}", "$(id -un)", "echo $1 $2 $@ $#", "export A=$B", "a && b || c", "x > y < z", "[[ -f x ]]",
    "`ls`", "cd ~ && ls", "!!", "kill %1", "%{http_code}", "$$", "#!/bin/sh", "--force", "a|b",
)  # fmt: skip
FORMULAS = (
    "a $x$ b", "$x^2$", "$`x`$", "$$\\sum x$$", "x^2 + y_1 * z_2", "2*3*4", "a_b_c", "5 < 6 > 4", "1 + 1 = 2", "n!", "~5",
    "= 4", "+49 30 1234", "-5 to +5", "3. floor", "4) four", "C#", "F# and C++", "R&D", "AT&T", "&amp; &copy; &#35;", "#1",
    "[x]", "[1]", "[^1]", "(c)", "{+ x +}", "[- y -]", "[+ z +]", "a | b", "| a | b |", "**", "__init__", "- [ ] x",
)  # fmt: skip
EMOJI_CODES = (
    ":tada:",
    ":+1:",
    ":smile: and :-)",
    "10:30:45",
    "key: value",
    "a::b",
    "::1",
    "::include{file=x}",
    "12:30",
)
HARMLESS = (*PRICES, *ADDRESSES, *PATHS, *SHELL, *FORMULAS, *EMOJI_CODES)

# What GitLab looks for in text (reference_pattern of the models in app/models, and documentation of GitLab Flavored
# Markdown), ordered by what has to be escaped to prevent it.
REFERENCE = re.compile(
    r"(?<![A-Za-z0-9_])@[\w.\-] | [#!&$]\d | (?<!&)~[\w\"?.&] | %[\w\"{] | \^\w+\#\d | \bGL-\d | \[\[ | \[_?TOC"
    r" | \[(?:issue|epic|work_item|vulnerability|feature_flag|contact|cadence|wiki_page):[^\s:] | \*iteration:"
    r" | [a-z]://\S+ | [\[{][+\-].*[+\-][\]}]",
    re.VERBOSE | re.IGNORECASE,
)


def shown(markdown: str) -> str:
    return Page(markdown).text.replace(WORD_JOINER, "").strip()


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_rendered_as_typed(text: str) -> None:
    for frame in (
        "{}",
        "Before {} after",
        "- {}",
        "> {}",
        "| a | b |\n| - | - |\n| {} | x |",
        "**Bold:** {}",
    ):
        expected, page = Page(frame.replace("{}", "0")), Page(frame.replace("{}", escape_markdown(text)))
        assert page.tags == expected.tags
        assert " ".join(page.text.replace(WORD_JOINER, "").split()) == " ".join(
            expected.text.replace("0", text).split()
        )


@pytest.mark.parametrize("text", [each for each in PRICES + SHELL + FORMULAS + PATHS if "$" in each])
def test_dollar_signs_are_no_formula(text: str) -> None:
    assert "math" not in Page(f"{escape_markdown(text)} and {escape_markdown(text)}").tags


@pytest.mark.parametrize("text", HARMLESS)
def test_escaped_text_is_read_as_it_was_typed(text: str) -> None:
    assert unescape(escape_markdown(text)) == one_line(text)


@pytest.mark.parametrize(
    "text", ["jane@acme.com", "john_doe@acme.com", "https://acme.example/a_b?x=1&y=2#top"]
)
def test_addresses_can_be_copied_and_opened(text: str) -> None:
    page = Page(f"See {escape_markdown(text)}.")
    assert page.text.strip() == f"See {text}."
    assert page.links == [text if "://" in text else f"mailto:{text}"]
    assert neutralize(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "https://gitlab.example/acme/x/-/issues/1", "https://gitlab.example/acme/x/issues/1", "www.gitlab.example/a/-/epics/1",
        "https://gitlab.example/-/snippets/1", "HTTPS://GitLab.example/acme/x/-/commit/18f78289",
    ],
)  # fmt: skip
def test_addresses_of_items_are_no_links(text: str) -> None:
    page = Page(escape_markdown(text))
    assert page.links == []
    assert not any(re.search(r"[a-z]://", piece) for piece in page.pieces)


def test_an_at_sign_after_a_letter_is_no_mention_and_one_after_other_characters_is() -> None:
    assert escape_markdown("jane@acme.com") == "jane@acme.com"
    assert escape_markdown("é@root.de .@root.de @root.de") == "é\\@root.de .\\@root.de \\@root.de"


def test_a_linked_title_contains_no_second_link() -> None:
    page = Page(
        link_markdown(
            escape_markdown("jane@acme.com, https://x.example and www.x.example"), "https://y.example/1"
        )
    )
    assert page.links == ["https://y.example/1"]
    assert page.text.replace(WORD_JOINER, "").strip() == "jane@acme.com, https://x.example and www.x.example"


def test_hostile_text_is_rendered_as_typed_and_does_nothing() -> None:
    def check(entry: Entry) -> None:
        page = Page(f"x {escape_markdown(entry.text)}")
        assert page.tags == ["p"]
        assert page.text.replace(WORD_JOINER, "").strip() == f"x {one_line(entry.text)}".strip()
        for piece in page.pieces:
            assert not REFERENCE.search(piece), piece

    check_each(CORPUS, check)
