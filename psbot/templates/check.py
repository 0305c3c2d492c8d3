"""Finds errors in templates before anything is rendered, each with its file, line and column."""

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from types import UnionType

from jinja2 import meta, nodes

from psbot.core.text import marker
from psbot.errors import Problem
from psbot.templates.language import is_allowed

_ALLOWED_NODES = (
    nodes.And,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Block,
    nodes.Call,
    nodes.Compare,
    nodes.CondExpr,
    nodes.Const,
    nodes.Extends,
    nodes.Filter,
    nodes.For,
    nodes.FromImport,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.Import,
    nodes.Include,
    nodes.Keyword,
    nodes.List,
    nodes.Macro,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.TemplateData,
    nodes.Test,
    nodes.Tuple,
)
ReferenceNode = nodes.Extends | nodes.FromImport | nodes.Import | nodes.Include
_MARKER_COMMENT = re.compile(r"<!--\s*psbot\b.*")
_SECTION_COMMENT = re.compile(r"<!-- psbot (?:begin|end): [a-z-]+ -->")


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """One template: its name among templates, its file, its text and its syntax tree."""

    name: str
    file: str
    text: str
    tree: nodes.Template

    def problem(self, line: int, message: str, word: str = "", hint: str = "") -> Problem:
        """Return a problem at *word* in *line*, or at the start of the line if the word is not there."""
        lines = self.text.splitlines()
        found = re.search(rf"\b{re.escape(word)}\b", lines[line - 1]) if word and line <= len(lines) else None
        return Problem(self.file, line, found.start() + 1 if found else 1, "", message, hint)


def find_problems(sources: Mapping[str, TemplateSource], facts: Mapping[str, object]) -> Iterator[Problem]:
    """Yield all errors in *sources* that are visible without rendering; *facts* are names and types."""
    foreign = {name: tuple(_forbidden_constructs(source)) for name, source in sources.items()}
    for name, source in sources.items():
        yield from foreign[name]
        yield from _section_problems(source)
    # Looking for names makes Jinja compute constants such as `'x' * 100000000`, so only valid templates are searched.
    clean = {name: source for name, source in sources.items() if not foreign[name]}
    for source in clean.values():
        yield from _unknown_names(source, facts)
        yield from _unknown_attributes(source, source.tree, dict(facts))
        yield from _unknown_references(source, sources)
        yield from _imports_without_context(source, clean, facts)
        yield from _include_cycles(source, sources)


def template_references(source: TemplateSource) -> Iterator[tuple[ReferenceNode, str]]:
    """Yield every template that *source* includes, imports or extends; an empty name if it is computed."""
    for node in source.tree.find_all(nodes.Stmt):
        if isinstance(node, ReferenceNode):
            named = node.template
            yield node, named.value if isinstance(named, nodes.Const) and isinstance(named.value, str) else ""


def _forbidden_constructs(source: TemplateSource) -> Iterator[Problem]:
    for node in source.tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED_NODES):
            what = type(node).__name__
            hint = "use plain output, a condition, a loop or a macro"
            yield source.problem(node.lineno or 1, f"{what} is not allowed in templates", hint=hint)
        elif isinstance(node, nodes.Filter | nodes.Test) and not is_allowed(node):
            what = "filter" if isinstance(node, nodes.Filter) else "test"
            yield source.problem(node.lineno, f"unknown {what} {node.name}", node.name)
        if isinstance(node, nodes.For) and node.recursive:
            yield source.problem(node.lineno, "loops cannot be recursive")


def _section_problems(source: TemplateSource) -> Iterator[Problem]:
    for number, line in enumerate(source.text.splitlines(), 1):
        found = _MARKER_COMMENT.search(line)
        if found and not _SECTION_COMMENT.fullmatch(line.rstrip()):
            hint = "only `<!-- psbot begin: NAME -->` and `<!-- psbot end: NAME -->` are allowed, each alone in a line"
            yield Problem(
                source.file, number, found.start() + 1, "", "this comment is reserved for psbot", hint
            )
    for section in sorted(marker.damaged_sections(source.text)):
        at = source.text[: source.text.index(f": {section} -->")].count("\n") + 1
        message = f"section {section} needs exactly one begin and one end, outside other sections"
        yield source.problem(at, message, section)


def _unknown_names(source: TemplateSource, facts: Mapping[str, object]) -> Iterator[Problem]:
    unknown = meta.find_undeclared_variables(source.tree) - set(facts)
    for node in source.tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            hint = f"available names: {', '.join(sorted(facts))}"
            yield source.problem(node.lineno, f"unknown name {node.name}", node.name, hint)


def _unknown_references(source: TemplateSource, sources: Mapping[str, TemplateSource]) -> Iterator[Problem]:
    for node, name in template_references(source):
        if not name:
            yield source.problem(node.lineno, "write the name of the included or imported template in quotes")
        elif name not in sources:
            yield source.problem(node.lineno, f"template {name} does not exist", name)


def _imports_without_context(
    source: TemplateSource, sources: Mapping[str, TemplateSource], facts: Mapping[str, object]
) -> Iterator[Problem]:
    for node, name in template_references(source):
        if isinstance(node, nodes.Extends) or node.with_context or name not in sources:
            continue
        if used := meta.find_undeclared_variables(sources[name].tree) & set(facts):
            message = f"{name} uses {', '.join(sorted(used))} but is imported without context"
            yield source.problem(node.lineno, message, name, "add `with context`")


def _include_cycles(source: TemplateSource, sources: Mapping[str, TemplateSource]) -> Iterator[Problem]:
    """Yield the first reference of *source* that leads back to *source*."""
    for node, first in template_references(source):
        waiting, seen = [first], set[str]()
        while waiting:
            name = waiting.pop()
            if name == source.name:
                yield source.problem(
                    node.lineno, f"{source.name} includes itself through {first}", first or ""
                )
                return
            if name in sources and name not in seen:
                seen.add(name)
                waiting += [onward for _, onward in template_references(sources[name])]


def _owner_name(node: nodes.Node, owner: object) -> str:
    """Return how to name a value: ``engagement.gitlab`` as the template writes it, else by its type: ``contact``."""
    path: list[str] = []
    while isinstance(node, nodes.Getattr):
        path.append(node.attr)
        node = node.node
    if path and isinstance(node, nodes.Name):
        return ".".join([node.name, *reversed(path)])
    return typing.cast(type, owner).__name__.lower()


def _unknown_attributes(
    source: TemplateSource, node: nodes.Node, scope: dict[str, object]
) -> Iterator[Problem]:
    """Yield attributes that facts do not have; *scope* has the known types of names."""
    if isinstance(node, nodes.Getattr):
        owner = _type_of(node.node, scope)
        if is_dataclass(owner) and _attribute_type(owner, node.attr) is None:
            message = f"{_owner_name(node.node, owner)} has no {node.attr}"
            yield source.problem(node.lineno, message, node.attr)
    inner = scope
    if isinstance(node, nodes.For):
        inner = scope | _bound_names(node.target, _element_type(_type_of(node.iter, scope)))
    elif isinstance(node, nodes.Macro):
        inner = scope | {argument.name: None for argument in node.args}
    elif isinstance(node, nodes.Assign):
        scope.update(_bound_names(node.target, _type_of(node.node, scope)))
    for child in node.iter_child_nodes():
        yield from _unknown_attributes(source, child, inner)


def _bound_names(target: nodes.Node, known: object) -> dict[str, object]:
    names = [node.name for node in target.find_all(nodes.Name)] or [getattr(target, "name", "")]
    return dict.fromkeys(names, known if isinstance(target, nodes.Name) else None)


def _type_of(node: nodes.Node, scope: Mapping[str, object]) -> object:
    """Return the type of an expression; None if it is unknown."""
    if isinstance(node, nodes.Name):
        return scope.get(node.name)
    if isinstance(node, nodes.Getattr):
        owner = _type_of(node.node, scope)
        return _attribute_type(owner, node.attr) if is_dataclass(owner) else None
    if isinstance(node, nodes.Getitem):
        return _element_type(_type_of(node.node, scope))
    return None


def _attribute_type(owner: object, name: str) -> object:
    """Return the type of a field or property of a dataclass, without its None; None if it has no such attribute."""
    kind = typing.cast(type, owner)
    hint = typing.get_type_hints(kind).get(name)
    member = getattr(kind, name, None)
    if isinstance(member, property) and hint is None:
        hint = typing.get_type_hints(member.fget).get("return")
    if isinstance(hint, UnionType):
        some = [part for part in typing.get_args(hint) if part is not type(None)]
        return some[0] if len(some) == 1 else object
    return hint


def _element_type(known: object) -> object:
    """Return the type of the elements of ``tuple[X, ...]``; None for anything else."""
    arguments = typing.get_args(known)
    return arguments[0] if typing.get_origin(known) is tuple and arguments[1:] == (...,) else None
