"""What must not happen, judged without psbot's own means: by the sandbox's parsers, markdown-it and Unicode itself."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from psbot.sandbox.rules.quick_actions import extract
from psbot.sandbox.rules.references import mentioned_names

# Characters of category Cc, Cf, Cs, Zl, Zp that may stand in output: line ends, tabs, the joiners that scripts and
# emoji are written with, the word joiner that psbot puts in, and what invisible marks of plain writing are left.
HARMLESS = frozenset("\n\t\u200c\u200d\u2060")
DRIVING = frozenset({"Cc", "Cs", "Zl", "Zp"})
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def _is_loud(char: str) -> bool:
    return char not in HARMLESS and (unicodedata.category(char) in DRIVING or char in TURNING)


# Unicode has characters of these categories in its first plane only.
_LOUD = re.compile(f"[{re.escape(''.join(filter(_is_loud, map(chr, range(0x10000)))))}]")


def assert_quiet(text: str) -> None:
    """Nothing in *text* drives a terminal, breaks a line unseen or turns the reading direction; it can be written."""
    loud = _LOUD.search(text)
    assert loud is None, f"U+{ord(loud[0]):04X} in {text[:200]!r}"
    text.encode("utf-8")


class _Page(HTMLParser):
    """What of a rendered page GitLab's filters look at: its tags, its links, and its text outside of code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("data-escaped-char", None) in attrs:
            return
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]
        else:
            self.tags.append(tag)
        self._quiet += tag in ("code", "pre", "a")

    def handle_endtag(self, tag: str) -> None:
        if tag == "escaped-char":
            return
        if tag != "a":
            self.tags.append(f"/{tag}")
        self._quiet -= tag in ("code", "pre", "a")

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data.strip()}")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)


# Signs with power in GitLab Flavored Markdown, wherever they stand in text (GitLab's documentation of references).
_POWERS = {
    "a mention": re.compile(r"(?<![A-Za-z0-9_])@[\w.\-]"),
    "a reference": re.compile(r"[#!&$][0-9]|\^\w+#|\[\w+:[^\s:]|\*\w+:[^\s:]|\bGL-[0-9]", re.IGNORECASE),
    "a label": re.compile(r'~[\w"?.&\-]'),
    "a milestone": re.compile(r'%[\w"{\-]'),
    "an address": re.compile(
        r"https?://\S*(?:/-/|@|~|#[0-9]|/(?:issues|epics|work_items|merge_requests)/)", re.IGNORECASE
    ),
}
_ACTION = re.compile(r"^[\s>*+\-]*[/\uff0f\u2044\u2215\u29f8]\s*[^\W\d]", re.MULTILINE)
# GitLab divides text at these characters if they are escaped, so that they are no part of a reference.
_ESCAPABLE = frozenset("$%#&@!~^")
# What GitLab makes a link of: nothing in its text is a reference.
_LINKED = re.compile(r"(?<![^\s(])(?:https?://|www\.)[^\s<]+", re.IGNORECASE)


def _render_special(_renderer: RendererHTML, tokens: Sequence[Token], index: int, *_: object) -> str:
    token = tokens[index]
    is_divided = token.info == "escape" and token.content in _ESCAPABLE
    mark = "<escaped-char data-escaped-char>" if is_divided else ""
    return mark + escapeHtml(token.content) + mark.replace("<", "</").replace(" data-escaped-char", "")


_RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
_RENDERER.add_render_rule("text_special", _render_special)
_GANTT_ROW = re.compile(
    r"  [^:;#%{}<>\"'`|\\]+ :(?:milestone, )?[0-9]{4}-[0-9]{2}-[0-9]{2}, (?:[0-9]{4}-[0-9]{2}-[0-9]{2}|0d)"
)
_GANTT_WORDS = ("section", "title", "click", "dateformat", "axisformat", "acc", "gantt", "todaymarker", "excludes", "includes", "tickinterval", "week", "vert", "call", "href", "end ")  # fmt: skip


@cache
def page(markdown: str) -> _Page:
    """Return *markdown* as a reader of CommonMark with tables sees it."""
    found = _Page()
    found.feed(_RENDERER.render(markdown))
    found.close()
    return found


def assert_no_action(text: str) -> None:
    """No line is a quick action: not by the sandbox's extractor, nor by a rule that allows for more than GitLab does."""
    assert extract(text)[1] == [], text
    assert not _ACTION.search(text), _ACTION.findall(text)


def assert_powerless(texts: list[str]) -> None:
    """No text mentions, refers or leads anywhere."""
    for text in texts:
        assert not _POWERS["an address"].search(text), f"an address in {text!r}"
        unlinked = _LINKED.sub("", text)
        for what, pattern in _POWERS.items():
            assert not pattern.search(unlinked), f"{what} in {text!r}"


def assert_like(markdown: str, plain: str) -> None:
    """*markdown* does as little as *plain*, which has a plain word in place of each hostile one; only text differs."""
    assert_quiet(markdown)
    assert_no_action(markdown)
    seen, expected = page(markdown), page(plain)
    assert seen.tags == expected.tags, markdown
    assert_powerless(seen.texts)
    assert mentioned_names(markdown) == set()
    assert markdown.count("<!--") == plain.count("<!--")
    for link in seen.links:
        assert urlsplit(link).scheme in ("http", "https"), link
        assert not re.search(r"[@~<>\s]", link), link
    _assert_charts(markdown, plain)


def _assert_charts(markdown: str, plain: str) -> None:
    charts, expected = (
        re.findall(r"^```mermaid\n(.*?)^```$", text, re.M | re.S) for text in (markdown, plain)
    )
    assert len(charts) == len(expected)
    for chart, other in zip(charts, expected, strict=True):
        head, rows = chart.splitlines()[:2], chart.splitlines()[2:]
        assert head == ["gantt", "  dateFormat YYYY-MM-DD"]
        assert len(rows) == len(other.splitlines()) - 2
        for row in rows:
            assert _GANTT_ROW.fullmatch(row), row
            assert not row.strip().lower().startswith(_GANTT_WORDS), row
            assert not row.strip()[0].isdigit(), row
