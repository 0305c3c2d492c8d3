"""The Markdown of the sandbox's page: escaped characters and formulas are shown as GitLab shows them."""

import pytest

from psbot.sandbox.rules.markdown import Target, render_html
from psbot.sandbox.rules.references import mentioned_names


def html(text: str) -> str:
    return render_html(text, lambda word: Target("https://gitlab.example/x", word))


@pytest.mark.parametrize("text", ["@maria", "#12", "&4"])
def test_escaped_reference_is_shown_without_the_backslash_and_is_no_link(text: str) -> None:
    assert "<a" in html(f"see {text}")
    page = html(f"see \\{text}")
    assert "<a" not in page
    assert "\\" not in page
    assert mentioned_names(f"see \\{text}") == set()


def test_backslash_before_an_escaped_mention_is_text() -> None:
    assert mentioned_names("\\\\@maria") == {"maria"}
    assert "\\<a" in html("\\\\@maria")


def test_other_escaped_characters_are_joined_with_the_text_around_them() -> None:
    assert "<a" in html("\\(@maria\\)")
    assert mentioned_names("\\(@maria\\)") == {"maria"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a $x$ b", "a <code>x</code> b"),
        ("US$/user, US$/year", "US<code>/user, US</code>/year"),
        ("$$x$$", "<code>x</code>"),
        ("US$100-$200", "US$100-$200"),
        ("$ 5 and $ 6", "$ 5 and $ 6"),
        ("US\\$/user, US\\$/year", "US<span>$</span>/user, US<span>$</span>/year"),
    ],
)
def test_text_between_dollar_signs_is_a_formula_unless_they_are_escaped(text: str, shown: str) -> None:
    assert html(text) == f"<p>{shown}</p>\n"
