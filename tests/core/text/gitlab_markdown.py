"""Renders Markdown with GitLab's parser, comrak, and GitLab's options, up to the point where GitLab looks for references.

The options are those of lib/banzai/filter/markdown_engines/glfm_markdown.rb at 41946e65 (19.2) that the parser's Python
binding has. What follows is read from lib/banzai/filter/escaped_char_filter.rb at 6e7061f5.
"""

from html.parser import HTMLParser

import pytest

comrak = pytest.importorskip(
    "comrak", reason="comrak, which is GitLab's parser, has no package for this platform"
)

# Escaped, these characters stay apart from the text around them; all others become a part of it again.
_DIVIDING = frozenset("$%#&@!~^")
_EXTENSIONS = (
    "alerts", "autolink", "cjk_friendly_emphasis", "description_lists", "footnotes", "math_code", "math_dollars",
    "multiline_block_quotes", "strikethrough", "table", "tasklist", "wikilinks_title_before_pipe",
)  # fmt: skip


def to_html(markdown: str) -> str:
    """Return what GitLab's parser makes of *markdown*."""
    extensions, parsing, rendering = comrak.ExtensionOptions(), comrak.ParseOptions(), comrak.RenderOptions()
    for name in _EXTENSIONS:
        setattr(extensions, name, True)
    parsing.relaxed_autolinks = parsing.relaxed_tasklist_matching = parsing.tasklist_in_table = True
    rendering.escaped_char_spans = rendering.unsafe_ = True
    return str(comrak.render_markdown(markdown, extensions, parsing, rendering))


class Page(HTMLParser):
    """A rendered page: its tags, all its text, its links, and the pieces of text in which references are looked for."""

    def __init__(self, markdown: str) -> None:
        """Render *markdown*."""
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.pieces = [""]
        self._open: list[str] = []
        self.feed(to_html(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        is_escape = "data-escaped-char" in dict(attrs)
        self._open.append("escape" if is_escape else tag)
        if is_escape:
            return
        self.pieces.append("")
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        else:
            self.tags.append("math" if "data-math-style" in dict(attrs) else tag)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a tag."""
        if self._open and self._open.pop() != "escape":
            self.pieces.append("")

    def handle_data(self, data: str) -> None:
        """Note text; nothing in links and code is a reference."""
        self.text += data
        if self._open[-1:] == ["escape"] and data in _DIVIDING:
            self.pieces.append("")
        elif not {"a", "code", "pre"} & set(self._open):
            self.pieces[-1] += data
