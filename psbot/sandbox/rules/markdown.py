"""GitLab-flavoured Markdown as safe HTML: tables, task lists, bare addresses and references as links.

What people wrote may hold any HTML: what could run, load or leave its place is taken out at the end, over the whole.
"""

import re
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from psbot.sandbox.rules.references import MENTION, REFERENCE


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link goes, and the words it has when the text gives it none."""

    href: str
    text: str


# What an address, a mention or a reference in a text leads to; None leaves it as it is.
ResolveReference = Callable[[str], Target | None]

_URL = r"https?://[^\s<>\"]+"
_LINKABLE = re.compile(f"{_URL}|{MENTION.pattern}|{REFERENCE.pattern}")
_CHECKBOX = re.compile(r"\[(?P<mark>[ xX~])\]\s+(?=\S)")
_TAGS = (nh3.ALLOWED_TAGS | {"input"}) - {"img", "area", "map"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "input": {"checked"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
_CLASSES = {"li": {"task-list-item", "inapplicable"}, "figure": {"diagram"}}


def render_html(text: str, resolve: ResolveReference | None = None) -> str:
    """Return *text* as HTML in which nothing runs and nothing is loaded."""
    return _clean(_renderer().render(text, {"resolve": resolve}))


def render_inline_html(text: str, resolve: ResolveReference | None = None) -> str:
    """Return one line of text as HTML without a paragraph around it."""
    return _clean(_renderer().renderInline(text, {"resolve": resolve}))


def _clean(page: str) -> str:
    return nh3.clean(
        page,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        # Whoever wrote an <input>, it is a box that cannot be ticked.
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    renderer.core.ruler.push("task_lists", _render_checkboxes)
    renderer.core.ruler.push("links", _link_references)
    renderer.add_render_rule("image", _render_image)
    renderer.add_render_rule("fence", _render_fence)
    return renderer


def _render_checkboxes(state: StateCore) -> None:
    """Turn ``[ ]``, ``[x]`` and ``[~]`` (inapplicable) at the start of list items into boxes."""
    for item, _, words in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        children = words.children
        if item.type != "list_item_open" or words.type != "inline" or not children:
            continue
        box = _CHECKBOX.match(words.content)
        if box is None or not children[0].content.startswith(box[0].rstrip()):
            continue
        children[0].content = children[0].content[len(box[0]) :]
        is_ticked = box["mark"] in "xX"
        children.insert(0, _raw_html(f"<input{' checked' if is_ticked else ''}> "))
        item.attrJoin("class", "task-list-item")
        if box["mark"] == "~":
            item.attrJoin("class", "inapplicable")


def _raw_html(markup: str) -> Token:
    return Token("html_inline", "", 0, content=markup)


def _link_references(state: StateCore) -> None:
    """Make links of addresses and references outside of links and code."""
    resolve: ResolveReference | None = state.env.get("resolve")
    for token in state.tokens:
        if token.children:
            token.children = _with_links(token.children, resolve)


def _with_links(tokens: Sequence[Token], resolve: ResolveReference | None) -> list[Token]:
    done: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            target = resolve(str(token.attrs["href"])) if resolve else None
            if target:
                token.attrs["href"] = target.href
        depth += token.nesting if token.type.startswith("link_") else 0
        done += _split_at_links(token.content, resolve) if token.type == "text" and not depth else [token]
    return done


def _split_at_links(text: str, resolve: ResolveReference | None) -> list[Token]:
    """Return the tokens of a piece of text: words, and links where there is something to link."""
    done: list[Token] = []
    start = 0
    for match in _LINKABLE.finditer(text):
        word = _trim_punctuation(match[0])
        target = resolve(word) if resolve else None
        if target is None and match[0].startswith("http"):
            target = Target(word, word)
        if target:
            opening = Token("link_open", "a", 1, attrs={"href": target.href})
            done += [_text_token(text[start : match.start()]), opening, _text_token(target.text)]
            done.append(Token("link_close", "a", -1))
            start = match.start() + len(word)
    return [*done, _text_token(text[start:])]


def _trim_punctuation(word: str) -> str:
    """Return an address without the punctuation of the sentence around it."""
    bare = word.rstrip(".,:;!?*_~'")
    return bare[:-1] if bare.endswith(")") and "(" not in bare else bare


def _text_token(words: str) -> Token:
    return Token("text", "", 0, content=words)


def _render_image(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Show an image as a link to it: nothing is loaded from elsewhere."""
    image = tokens[index]
    words = renderer.renderInlineAsText(image.children, options, env)
    return f'<a href="{escapeHtml(str(image.attrs["src"]))}">{escapeHtml(words or "image")}</a>'


def _render_fence(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    """Show a code block; GitLab would draw a Mermaid one, here it gets a caption that says so."""
    block = f"<pre><code>{escapeHtml(tokens[index].content)}</code></pre>\n"
    if tokens[index].info.strip() != "mermaid":
        return block
    return (
        f'<figure class="diagram"><figcaption>Mermaid diagram, drawn by GitLab</figcaption>{block}</figure>\n'
    )
