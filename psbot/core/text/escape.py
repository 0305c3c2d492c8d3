"""Escape text that people wrote, so that GitLab, a terminal or Mermaid shows it and does nothing else.

GitLab runs a line that starts with ``/`` as a quick action, also inside HTML comments, and turns ``@name``,
``#12``, ``!3``, ``&4``, ``~label``, ``%milestone`` and ``$5`` into mentions and references, in titles too
(GitLab's documentation of quick actions and of GitLab Flavored Markdown). A word joiner (U+2060), which is invisible
and prevents a line break, leaves the character on the page and disables it.
"""

import re
import unicodedata

WORD_JOINER = "\u2060"

# No title or name needs format characters, which can hide text or reverse it; the joiners that some scripts and emoji
# need (U+200C, U+200D) stay.
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_KEPT_FORMAT_CHARACTERS = frozenset("\u200c\u200d")
_WHITESPACE = re.compile(r"\s+")
_ACTIVE = re.compile(
    r"""@(?=[\w.\-]) | [#!&$](?=\d) | [%~](?=\S) | \^(?=\w) | \[(?=\w+:) | \*(?=\w+:) | \bGL-(?=\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?=\#?\w+;)")
_SCHEME = re.compile(r":(?=//)")
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")
_ESCAPED = re.compile(r"\\([\\`*_\[\]|~])")
_SLASH = re.compile(r"^(?=[/\uff0f\u2044\u2215\u29f8])")
_LINE_SLASH = re.compile(r"^((?:[^\S\n]|[>*+\-])*)(?=[/\uff0f\u2044\u2215\u29f8])", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&'*+,;=%\[\]-]+", re.ASCII)
_NOT_CHART = re.compile(r"[^\w .()+\-]+")
_CHART_KEYWORD = re.compile(
    r"(section|title|dateformat|axisformat|tickinterval|excludes|includes|todaymarker|click|weekday|weekend|acc\w*"
    r"|inclusiveenddates|topaxis|displaymode|gantt|vert)\b",
    re.IGNORECASE,
)
# Control characters, direction marks, line ends that no editor shows, and unpaired surrogates.
_CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


class SafeText(str):
    """Text that is escaped already, or that psbot wrote itself."""

    __slots__ = ()


def one_line(text: str) -> str:
    """Return *text* on one line, without control and format characters, with single blanks and trimmed ends."""
    spaced = _WHITESPACE.sub(" ", text)
    if spaced.isascii() and spaced.isprintable():  # most text: nothing to remove
        return spaced.strip()
    kept = (
        char
        for char in spaced
        if char in _KEPT_FORMAT_CHARACTERS or unicodedata.category(char) not in _DROPPED_CATEGORIES
    )
    return _WHITESPACE.sub(" ", "".join(kept)).strip()


def neutralize(text: str) -> str:
    """Return *text* as one line in which nothing is a mention, a reference or a quick action."""
    plain = _SLASH.sub(WORD_JOINER, one_line(text))
    plain = _ACTIVE.sub(lambda match: match.group() + WORD_JOINER, plain)
    return _SCHEME.sub(":" + WORD_JOINER, plain)


def escape_markdown(text: str) -> str:
    """Return *text* as one line of Markdown that shows the text and does nothing else."""
    if isinstance(text, SafeText):
        return text
    line = _ENTITY.sub("&" + WORD_JOINER, neutralize(text))
    escaped = _MARKDOWN.sub(r"\\\1", line).replace("<", "&lt;")
    return re.sub(r"^([#>+=\-]|\d+[.)])", WORD_JOINER + r"\1", escaped)


def unescape(markdown: str) -> str:
    """Return the text that one line of *markdown* shows: the reverse of :func:`escape_markdown`; other markup stays."""
    return _ESCAPED.sub(r"\1", one_line(markdown)).replace("&lt;", "<")


def without_quick_actions(text: str) -> str:
    """Return *text*, which can be Markdown that a person wrote, with every quick action disabled."""
    return _LINE_SLASH.sub(rf"\1{WORD_JOINER}", text)


def link_markdown(markdown: str, url: str | None) -> str:
    """Return *markdown*, which is escaped, as a link to *url*; without a link if that is not a web address."""
    return f"[{markdown}]({url})" if url and _ADDRESS.fullmatch(url) else markdown


def to_title(text: str, max_length: int = 255) -> str:
    """Return *text* as an item's title: one neutralized line of at most *max_length* characters.

    255 is GitLab's limit of a title (GitLab's work item model).
    """
    return neutralize(text)[:max_length].strip()


def to_chart_name(text: str, max_length: int = 40) -> str:
    """Return *text* as a name in a Mermaid chart, where ``:``, ``;``, ``#`` and ``%%`` are syntax."""
    name = one_line(_NOT_CHART.sub(" ", one_line(text)))[:max_length].strip()
    return (WORD_JOINER if _CHART_KEYWORD.match(name) else "") + (name or "unnamed")


def plain_number(number: float) -> float:
    """Return a whole *number* as an integer, which prints without ``.0``; any other number as it is."""
    return int(number) if number == int(number) else number


def replace_control_characters(text: str) -> str:
    """Return *text* with a replacement character for each control character; line ends and tabs stay."""
    return _CONTROL_CHARACTERS.sub("\ufffd", text)


def escape_control_characters(json_text: str) -> str:
    """Return the same JSON with control characters written as escapes."""
    return _CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match.group()):04x}", json_text)
