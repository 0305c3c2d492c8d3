"""Texts that differ only in how they are escaped are the same, so that an upgrade writes nothing again."""

import pytest

from psbot.core.text.escape import (
    WORD_JOINER,
    escape_markdown,
    is_same_text,
    neutralize,
    one_line,
    to_title,
    unescape,
)

# What earlier versions wrote for a text.
EARLIER = {
    "Ask @maria, see #12": f"Ask @{WORD_JOINER}maria, see #{WORD_JOINER}12",
    "jane@acme.com": f"jane@{WORD_JOINER}acme.com",
    "https://acme.example/a_b": f"https:{WORD_JOINER}//acme.example/a\\_b",
    "US$100-$200": f"US${WORD_JOINER}100-${WORD_JOINER}200",
    "a $x$ b": "a $x$ b",
    "/close": f"{WORD_JOINER}/close",
    "- x": f"{WORD_JOINER}- x",
    "1. x": f"{WORD_JOINER}1. x",
    "50%off ~5 &amp; x^2": f"50%{WORD_JOINER}off \\~{WORD_JOINER}5 &{WORD_JOINER}amp; x^{WORD_JOINER}2",
    "<b> *x*": "&lt;b> \\*x\\*",
    "10:30:45 C#": "10:30:45 C#",
}


@pytest.mark.parametrize(("text", "earlier"), EARLIER.items())
def test_text_of_earlier_versions_is_read_and_is_the_same(text: str, earlier: str) -> None:
    assert unescape(earlier) == unescape(escape_markdown(text)) == text
    assert is_same_text(f"| Customer | {earlier} |\n", f"| Customer | {escape_markdown(text)} |\n")


def test_text_that_shows_something_else_is_not_the_same() -> None:
    assert not is_same_text("| Customer | Acme |", "| Customer | Acme! |")
    assert not is_same_text("a\\\\b", "ab")


@pytest.mark.parametrize("text", EARLIER)
def test_escaping_what_was_read_gives_the_same_again(text: str) -> None:
    once = escape_markdown(text)
    assert escape_markdown(unescape(once)) == once


def test_titles_are_no_markdown_and_get_no_backslash() -> None:
    assert to_title("Ask @maria: jane@acme.com, ~/.ssh, US$/user") == (
        f"Ask @{WORD_JOINER}maria: jane@acme.com, ~/.ssh, US$/user"
    )
    assert neutralize("/close #1") == f"{WORD_JOINER}/close #{WORD_JOINER}1"


def test_long_text_is_escaped_in_linear_time() -> None:
    for text in (
        "a." * 50_000,
        "a@" * 50_000,
        "https://" * 20_000,
        "(https://" * 20_000,
        ":a" * 50_000,
        "[" * 99_999,
        "https://a.b/" + "a_" * 50_000,
    ):
        assert one_line(text) == unescape(escape_markdown(text))
        neutralize(text)
