"""Escape text that people wrote, so that GitLab, a terminal or Mermaid shows it and does nothing else.

GitLab runs a line that starts with ``/`` as a quick action and turns ``@name``, ``#12``, ``!3``, ``&4``, ``~label``,
``%milestone`` and ``$5`` into mentions and references, in titles too, and ``$x$`` into a formula (GitLab's
documentation of quick actions and of GitLab Flavored Markdown).

Markdown has GitLab's own escape, a backslash: an escaped ``$ % # & @ ! ~ ^`` and, from 19.2 on, ``:`` is never part of
a reference (lib/banzai/filter/escaped_char_filter.rb at 6e7061f5, and REFERENCE_CHARS in
lib/banzai/filter/markdown_engines/glfm_markdown.rb at 41946e65). GitLab joins other escaped characters with the text
around them again, and looks for references and addresses in the result. For those, and in titles, which are not
Markdown, a word joiner (U+2060), which is invisible and prevents a line break, disables the character and leaves it on
the page.
"""

import re
import unicodedata

WORD_JOINER = "\u2060"

# No title or name needs format characters, which can hide text or reverse it; the joiners that some scripts and emoji
# need (U+200C, U+200D) stay.
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_KEPT_FORMAT_CHARACTERS = frozenset("\u200c\u200d")
_WHITESPACE = re.compile(r"\s+")
# E-mail and web addresses in which nothing is a mention or reference. They stay as they are, so that they can be copied
# and opened. An `@` after an ASCII word character is no mention (User.reference_pattern in app/models/user.rb); an
# address with `/-/` or, for example, `/issues/` can be a reference if it is of the same GitLab. An underscore between
# letters or digits is never emphasis.
_HARMLESS_ADDRESS = r"""
    (?<![\w.+\-]) [A-Za-z0-9]+ (?:[._+\-][A-Za-z0-9]+)* @ [A-Za-z0-9]+ (?:[.\-][A-Za-z0-9]+)* \.[A-Za-z]{2,}
    (?![\w@\-]|\.\w)
    | (?<![^\s(]) (?:https?://|www\.) (?!\S{2000})
    (?!\S*/(?:-|issues|incidents|work_items|epics|merge_requests|snippets|milestones|commits?|compare)(?:/|(?!\S)))
    [A-Za-z0-9]+ (?:[.\-][A-Za-z0-9]+)* (?::[0-9]+)?
    (?:[/?] (?:[A-Za-z0-9./?=+\-] | (?<=[A-Za-z0-9])_(?=[A-Za-z0-9]) | &(?=[a-z]) | %[0-9A-F]{2})*)?
    (?:\#[A-Za-z][A-Za-z0-9.\-]*)?
    (?= [),.;:!?"']* (?:\s|\Z) )
"""
_TITLE_SPECIAL = re.compile(
    rf"""(?P<address>{_HARMLESS_ADDRESS})
    | @(?=[\w.\-]) | [#!&$](?=\d) | %(?=\S) | ~(?=[\w"?.&:\-]) | \^(?=\w) | \[(?=\w+:) | \*(?=\w+:) | \bGL-(?=\d)
    | :(?=//)""",
    re.VERBOSE | re.IGNORECASE,
)
# What is special before a certain character is escaped at the end of the text too: other text can follow.
_MARKDOWN_SPECIAL = re.compile(
    rf"""(?P<address>{_HARMLESS_ADDRESS})
    | (?P<joined>\[(?=\[|_?TOC|\w+(?::[^\s:]|:?\Z)) | \*(?=\w+(?::[^\s:]|:?\Z)) | \bGL-(?=\d|\Z)
      | [+\-](?=[\]}}]) | :(?=//) | (?<=\bwww)\.)
    | (?P<escaped>[\\`*_\[\]|~$] | @(?=[\w.\-]|\Z) | [#!](?=\d|\Z) | &(?=\d|\#?\w+;|\Z) | %(?=\S|\Z) | \^(?=\w|\Z)
      | (?<![^\W_]):(?=[\w+\-]+(?::|\Z)))
    | (?P<tag><)""",
    re.VERBOSE | re.IGNORECASE,
)
_BLOCK_START = re.compile(r"(?P<number>\d*)(?P<sign>(?<=\d)[.)]|(?<!\d)[#>+=:/\-])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # Markdown's rule: a backslash escapes any ASCII punctuation
_LIVE_ADDRESS = re.compile(r"(?<=\w)(?::(?=//)|@(?=\w))|(?<=\bwww)\.", re.ASCII | re.IGNORECASE)
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
    """Return *text* as one line, not Markdown, in which nothing is a mention, a reference or a quick action."""
    plain = _SLASH.sub(WORD_JOINER, one_line(text))
    return _TITLE_SPECIAL.sub(lambda match: match[0] + ("" if match["address"] else WORD_JOINER), plain)


def escape_markdown(text: str) -> str:
    """Return *text* as one line of Markdown that shows the text and does nothing else."""
    if isinstance(text, SafeText):
        return text
    line = one_line(text)
    if start := _BLOCK_START.match(line):
        rest = _MARKDOWN_SPECIAL.sub(_escape_special, line[start.end() :])
        return f"{start['number']}\\{start['sign']}{rest}"
    return _SLASH.sub(WORD_JOINER, _MARKDOWN_SPECIAL.sub(_escape_special, line))


def _escape_special(match: re.Match[str]) -> str:
    if match["address"]:
        return match[0]
    if match["tag"]:
        return "&lt;"
    if match["joined"]:
        return ("\\" if match[0] in "[*." else "") + match[0] + WORD_JOINER
    return "\\" + match[0]


def unescape(markdown: str) -> str:
    """Return the text that one line of *markdown* shows: the reverse of :func:`escape_markdown`; other markup stays.

    Text of earlier versions, which escaped with word joiners, is read too.
    """
    return _ESCAPED.sub(r"\1", one_line(markdown)).replace("&lt;", "<")


def is_same_text(one: str, other: str) -> bool:
    """Tell whether two Markdown texts show the same; white space and the way they are escaped do not count.

    Text that an earlier version of psbot has escaped differently is no reason to write it again.
    """
    return shown_words(one) == shown_words(other)


def shown_words(markdown: str) -> list[str]:
    """Return a Markdown text word by word as GitLab shows it, without escapes; other markup stays."""
    words = markdown.replace(WORD_JOINER, "").split()
    return [_ESCAPED.sub(r"\1", word).replace("&lt;", "<") for word in words]


def without_quick_actions(text: str) -> str:
    """Return *text*, which can be Markdown that a person wrote, with every quick action disabled."""
    return _LINE_SLASH.sub(rf"\1{WORD_JOINER}", text)


def link_markdown(markdown: str, url: str | None) -> str:
    """Return *markdown*, which is escaped, as a link to *url*; without a link if that is not a web address."""
    if not url or not _ADDRESS.fullmatch(url):
        return markdown
    return f"[{_LIVE_ADDRESS.sub(_escape_address, markdown)}]({url})"  # a link cannot contain another


def _escape_address(match: re.Match[str]) -> str:
    return f"\\{match[0]}{WORD_JOINER}"


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
