"""GitLab Flavored Markdown as safe HTML: tables, task lists, and URLs and references as links.

Text may contain any HTML. At the end, everything that could run, load or break out of the page is removed.
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
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from psbot.sandbox.rules.references import ESCAPABLE, MENTION, REFERENCE


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a link, and its text unless the Markdown has one."""

    href: str
    text: str


# Returns the target of a URL, a mention or a reference; None leaves the text as it is.
ResolveReference = Callable[[str], Target | None]

_URL = r"https?://[^\s<>\"]+"
_LINKABLE = re.compile(f"{_URL}|{MENTION.pattern}|{REFERENCE.pattern}")
# The formulas of GitLab's parser: a dollar sign before a digit closes none (comrak, src/parser/inlines.rs).
_FORMULA = re.compile(r"\$\$[^$]+\$\$|\$`[^`$]+`\$|\$(?!\s)[^$\n]+(?<![\s\\])\$(?!\d)")
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
    """Return *text* as HTML that runs and loads nothing."""
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
        # Every <input> becomes a checkbox that cannot be checked, even one written as HTML.
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    renderer.inline.ruler.after("escape", "formula", _find_formula)
    renderer.core.ruler.before("text_join", "escaped", _keep_escaped)
    renderer.core.ruler.push("task_lists", _render_checkboxes)
    renderer.core.ruler.push("links", _link_references)
    renderer.add_render_rule("escaped", _render_escaped)
    renderer.add_render_rule("image", _render_image)
    renderer.add_render_rule("fence", _render_fence)
    return renderer


def _find_formula(state: StateInline, silent: bool) -> bool:
    """Show a formula, which GitLab renders as maths, as code without its dollar signs."""
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = match[0].strip("$`")
    state.pos = match.end()
    return True


def _keep_escaped(state: StateCore) -> None:
    """Keep escaped special characters apart from the text around them, so that they are no part of a reference."""
    for token in state.tokens:
        for each in token.children or []:
            if each.type == "text_special" and each.info == "escape" and each.content in ESCAPABLE:
                each.type = "escaped"


def _render_escaped(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    return f"<span>{escapeHtml(tokens[index].content)}</span>"


def _render_checkboxes(state: StateCore) -> None:
    """Turn ``[ ]``, ``[x]`` and ``[~]`` (inapplicable) at the start of list items into checkboxes."""
    for item, _, content in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        children = content.children
        if item.type != "list_item_open" or content.type != "inline" or not children:
            continue
        box = _CHECKBOX.match(content.content)
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
    """Turn URLs and references outside of links and code into links."""
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
    """Return the tokens of a piece of text, with its URLs and references as links."""
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
    """Return a URL without the punctuation of the sentence around it."""
    bare = word.rstrip(".,:;!?*_~'")
    return bare[:-1] if bare.endswith(")") and "(" not in bare else bare


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _render_image(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Render an image as a link to it, so that nothing is loaded from other sites."""
    image = tokens[index]
    text = renderer.renderInlineAsText(image.children, options, env)
    return f'<a href="{escapeHtml(str(image.attrs["src"]))}">{escapeHtml(text or "image")}</a>'


def _render_fence(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    """Render a code block; a Mermaid diagram, which only GitLab draws, gets a caption."""
    block = f"<pre><code>{escapeHtml(tokens[index].content)}</code></pre>\n"
    if tokens[index].info.strip() != "mermaid":
        return block
    caption = "<figcaption>Mermaid diagram; GitLab renders it as a chart</figcaption>"
    return f'<figure class="diagram">{caption}{block}</figure>\n'
