"""Escaped text, rendered as GitLab does: it looks as typed, and nothing in it is a formula, a mention or a reference."""

import re

import pytest

from psbot.core.text.escape import WORD_JOINER, escape_markdown, link_markdown, neutralize, one_line, unescape
from tests.core.text.gitlab_markdown import Page
from tests.injection.corpus import CORPUS, Entry, check_each
from tests.injection.harmless import FORMULAS, HARMLESS, PATHS, PRICES, SHELL

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
