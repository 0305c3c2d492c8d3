"""The template language: Jinja restricted to text, conditions, loops and macros, with limits.

Organisations can use their own templates, so a template can neither reach beyond the facts that it gets nor run
forever. Everything it prints from an engagement is escaped.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, is_dataclass
from datetime import date
from urllib.parse import quote, urlsplit

from jinja2 import StrictUndefined, nodes
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.loaders import BaseLoader
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from psbot.core.text.escape import WORD_JOINER, SafeText, escape_markdown, one_line, to_chart_name

# GitLab takes descriptions up to 1,048,576 characters (GitLab's limit of a work item's description).
MAX_CHARACTERS = 1_000_000
MAX_STEPS = 100_000
MAX_CHART_NAME = 40

# A character that is harmless at the end of a value would be active in front of the template's next word.
_OPEN_END = re.compile(r"[*\[]\Z")
# Keywords of the Mermaid gantt grammar at the start of a line, besides those of chart_name.
_CHART_START = re.compile(r"\d|(?:call|href)\b", re.IGNORECASE)
_PATH = re.compile(r"[\w./-]+")
_URL_KEPT = "/:?#[]!$&'()*+,;=%"  # `@` and `~` are encoded: they would mention and label
# Filters that with_limits() inserts. Their names have blanks, so that no template can use them to skip escaping.
_COUNTED, _FLAT, _OWN = "as counted", "as flat", "as own"
_LOOP_FACTS = frozenset({"first", "last", "index", "index0", "length"})


@dataclass(slots=True)
class RenderBudget:
    """What one rendering may still use: steps (loop iterations, calls, includes) and captured characters."""

    steps: int = MAX_STEPS
    characters: int = MAX_CHARACTERS

    def take_step(self) -> None:
        """Take one step; TemplateRuntimeError if none is left."""
        self.steps -= 1
        if self.steps < 0:
            raise TemplateRuntimeError(f"the template takes more than {MAX_STEPS:,} steps")

    def take_characters(self, characters: int) -> None:
        """Take *characters*; TemplateRuntimeError if fewer are left."""
        self.characters -= characters
        if self.characters < 0:
            raise TemplateRuntimeError(f"the template writes more than {MAX_CHARACTERS:,} characters")


_budget: ContextVar[RenderBudget] = ContextVar("budget")


@contextmanager
def render_budget() -> Iterator[RenderBudget]:
    """Limit everything that is rendered inside the block, together."""
    token = _budget.set(RenderBudget())
    try:
        yield _budget.get()
    finally:
        _budget.reset(token)


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with allow-lists instead of its deny-lists."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Allow fields and properties of facts, imported macros, and simple attributes of loops."""
        if attr.startswith("_"):
            return False
        if isinstance(obj, TemplateModule):
            return isinstance(value, Macro)
        if isinstance(obj, LoopContext):
            return attr in _LOOP_FACTS
        return not callable(value) and (isinstance(obj, date) or is_dataclass(obj))

    def is_safe_callable(self, obj: object) -> bool:
        """Allow macros and blocks."""
        return isinstance(obj, (Macro, BlockReference))

    # Jinja mangles the names so that keyword arguments of a macro cannot meet them.
    def call(__self, __context: Context, __obj: object, *args: object, **kwargs: object) -> object:
        """Call a macro or block; the error names no value, because values are customer data."""
        if not __self.is_safe_callable(__obj):
            raise SecurityError("templates can only call macros")
        _budget.get().take_step()
        return super().call(__context, __obj, *args, **kwargs)

    @staticmethod
    def concat(parts: Iterable[str]) -> SafeText:
        """Join what a macro or block has printed; all of it is template text or already escaped."""
        written = list(parts)
        _budget.get().take_characters(sum(map(len, written)))
        return SafeText("".join(written))

    def call_filter(self, name: str, *args: object, **kwargs: object) -> object:
        """Call the filter that a template names in quotes, as in ``map('trim')``; never one of with_limits()."""
        if name not in _ALLOWED_FILTERS:
            raise TemplateRuntimeError(f"unknown filter {name}")
        return super().call_filter(name, *args, **kwargs)  # type: ignore[arg-type]

    def get_template(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        """Load an include or import, as one step."""
        _budget.get().take_step()
        return super().get_template(*args, **kwargs)  # type: ignore[arg-type]


def is_allowed(node: nodes.Filter | nodes.Test) -> bool:
    """Tell whether templates can use the filter or test that *node* names."""
    if isinstance(node, nodes.Filter):
        return node.name in _ALLOWED_FILTERS
    return node.name in _ALLOWED_TESTS


def create_environment(to_text: Callable[[object], str], loader: BaseLoader) -> TemplateEnvironment:
    """Return the environment that prints every value with *to_text*."""
    environment = TemplateEnvironment(
        undefined=StrictUndefined,
        finalize=to_text,
        loader=loader,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,
        cache_size=0,
    )
    known, tests = environment.filters, environment.tests
    environment.globals = {}
    environment.filters = {name: known[name] for name in _FILTERS} | _OWN_FILTERS
    environment.tests = {name: tests[name] for name in _TESTS} | {"equalto": _is_equal}
    return environment


def to_markdown(value: object) -> str:
    """Return *value* as escaped Markdown; TypeError if it is not plain text."""
    if isinstance(value, SafeText):
        return value
    if not isinstance(value, str):
        return SafeText(_plain_text(value))
    text = escape_markdown(value)
    return SafeText(text + WORD_JOINER if _OPEN_END.search(text) else text)


def to_plain_text(value: object) -> str:
    """Return *value* as one line of plain text; TypeError if it is not plain text."""
    return value if isinstance(value, SafeText) else SafeText(one_line(_plain_text(value)))


def with_limits(tree: nodes.Template) -> nodes.Template:
    """Return the syntax tree with template text marked, every loop counted and every list limited."""
    _LimitInserter().visit(tree)
    return tree


class _LimitInserter(NodeTransformer):
    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        self.generic_visit(node)
        node.nodes = [_mark_own(child) for child in node.nodes]
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, _COUNTED, [], [], None, None, lineno=node.lineno)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        self.generic_visit(node)
        return nodes.Filter(node, _FLAT, [], [], None, None, lineno=node.lineno)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        return self.visit_List(node) if node.ctx == "load" else node  # type: ignore[arg-type]


def _mark_own(node: nodes.Expr) -> nodes.Expr:
    """Mark text of the template itself, which is printed unescaped."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return nodes.Filter(node, _OWN, [], [], None, None, lineno=node.lineno)
    if isinstance(node, nodes.CondExpr):
        node.expr1, node.expr2 = _mark_own(node.expr1), _mark_own(node.expr2) if node.expr2 else None
    elif isinstance(node, nodes.Or):
        node.left, node.right = _mark_own(node.left), _mark_own(node.right)
    return node


def _plain_text(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises: StrictUndefined says which name
    if isinstance(value, (str, date)):
        return str(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value)) if value == int(value) else str(value)
    what = "nothing" if value is None else f"a {type(value).__name__}"
    raise TypeError(f"the template prints {what}; print text, numbers or dates, and check with `if` first")


def _count_steps(values: Iterable[object]) -> Iterator[object]:
    if isinstance(values, str) or values is None:
        raise TypeError("the template loops over something that is not a list")
    for value in values:
        _budget.get().take_step()
        yield value


def _limit_nesting(values: Iterable[object]) -> Iterable[object]:
    """Allow lists of plain values or of tuples of them; deeper nesting could grow exponentially."""
    for value in values:
        if isinstance(value, (list, tuple)) and any(isinstance(part, (list, tuple, dict)) for part in value):
            raise TypeError("the template nests lists more than two deep")
    return values


def _join(values: Iterable[object], between: str = "") -> str:
    """Join texts into one that is still escaped when it is printed."""
    pieces: list[str] = []
    for value in _count_steps(values):
        pieces.append(_plain_text(value))
        _budget.get().take_characters(len(pieces[-1]) + len(between))
    return between.join(map(str, pieces))


def _is_equal(value: object, other: object) -> bool:
    return isinstance(value, (str, int, float, date)) and value == other


def _chart_name(text: str) -> SafeText:
    """Name a row of a Mermaid chart, at most MAX_CHART_NAME UTF-16 units, which is what browsers count."""
    name = to_chart_name(str(text))
    name = WORD_JOINER + name if _CHART_START.match(name) else name
    while len(name.encode("utf-16-le")) > 2 * MAX_CHART_NAME:
        name = name[:-1]
    return SafeText(name.strip())


def _web_link(url: str) -> str:
    """Make a URL clickable; anything that is not clearly a URL is shown as text.

    A URL with a username in it is shown as text too: such URLs are made to look like those of another site.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return str(url)
    is_web = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not is_web or one_line(url) != url or " " in url or "\\" in parts.netloc:
        return str(url)
    address = quote(url, safe=_URL_KEPT).replace("~", "%7E")
    return SafeText(f"<{address}>")


def _code_span(path: str) -> str:
    """Show a GitLab path as code; anything else is shown as text."""
    return SafeText(f"`{path}`") if _PATH.fullmatch(path) else path


def _text_filter(method: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: str(method(str(_plain_text(value))))


def _sorted_items(mapping: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(mapping.items())


_FILTERS = (
    "default",
    "first",
    "last",
    "length",
    "list",
    "map",
    "reject",
    "rejectattr",
    "select",
    "selectattr",
)
_TESTS = ("defined", "none", "undefined")
_ALLOWED_TESTS = frozenset(_TESTS) | {"equalto"}
_OWN_FILTERS: dict[str, Callable[..., object]] = {
    "capitalize": _text_filter(str.capitalize),
    "chart": _chart_name,
    "code": _code_span,
    _COUNTED: _count_steps,
    _FLAT: _limit_nesting,
    "items": _sorted_items,
    "join": _join,
    "link": _web_link,
    _OWN: SafeText,
    "lower": _text_filter(str.lower),
    "trim": _text_filter(str.strip),
    "upper": _text_filter(str.upper),
}
_ALLOWED_FILTERS = (frozenset(_FILTERS) | set(_OWN_FILTERS)) - {_COUNTED, _FLAT, _OWN}
