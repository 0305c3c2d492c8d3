"""Markdown as safe HTML, for the fields that carry it."""

from functools import cache

import nh3
from markdown_it import MarkdownIt


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def html(text: str) -> str:
    """Return *text* as HTML in which nothing runs."""
    return nh3.clean(_renderer().render(text))
