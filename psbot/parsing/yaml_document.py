"""Reads strict YAML into plain data with the position of every value, and reports all errors at once.

Strict means: mappings with unique plain keys, lists and scalars. Aliases, merge keys, tags, several documents and
the ambiguous implicit types of YAML 1.1 (``no``, ``12:30``, ``010``, ``1_000``) are errors.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as FilePath

import yaml

from psbot.core.text.escape import replace_control_characters
from psbot.errors import FileProblems, Problem
from psbot.parsing.text_file import read_text

MAX_DEPTH = 20
MAX_NODES = 50_000
MAX_FORBIDDEN = 20
MAX_NUMBER_LENGTH = 15

YamlData = str | int | float | bool | None | list["YamlData"] | dict[str, "YamlData"]
KeyPath = tuple[str | int, ...]

_LOADER = getattr(yaml, "CLoader", yaml.Loader)  # the same events, ten times faster where libyaml is there
# What YAML forbids, and the other line ends of Unicode, after which no editor counts the lines as YAML does. Named
# one by one and not as what is left of Unicode, which re takes ten times as long to compile.
_FORBIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_BOOLEAN_WORDS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false"})
_AMBIGUOUS = re.compile(
    r"yes|no|on|off|y|n|true|false|null|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?|[-+]?0[0-9_]+|[-+]?0[xob][0-9a-f_]+"
    r"|[-+]?[0-9][0-9_]*_[0-9_]*|\+[0-9.]+|[-+]?(\.[0-9]+|[0-9]+\.|[0-9.]+e[-+]?[0-9]+)|[-+]?\.(inf|nan)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one file with the position of each value and key; ``file`` is the name in error messages.

    ``problems`` do not prevent further checks of the data in the same run.
    """

    file: str
    data: YamlData
    values: dict[KeyPath, tuple[int, int]]
    keys: dict[KeyPath, tuple[int, int]]
    problems: tuple[Problem, ...] = ()

    def problem(self, path: KeyPath, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Return a problem at *path*; a path that is not in the file is located at its nearest parent."""
        while path and isinstance(path[-1], int) and path not in self.values:
            path = path[:-1]
        shown = ".".join(map(str, path))
        places = self.keys if at_key else self.values
        while path and path not in places:
            path = path[:-1]
        line, column = places.get(path) or self.values.get(path) or (1, 1)
        return Problem(
            self.file,
            line,
            column,
            replace_control_characters(shown),
            replace_control_characters(message),
            replace_control_characters(hint),
        )


def load_yaml(file: FilePath) -> Document:
    """Read *file*; raises PsbotError if it cannot be read, FileProblems if it is not YAML."""
    return parse_yaml(str(file), read_text(file))


def parse_yaml(file: str, text: str) -> Document:
    """Return the document in *text*; raises FileProblems if it is not YAML."""
    if problems := _forbidden_characters(file, text):
        raise FileProblems(problems)
    reading = _Builder(file)
    try:
        data = reading.build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise FileProblems([*reading.problems, _syntax_problem(file, text, error)]) from error
    if reading.is_aborted:
        raise FileProblems(reading.problems)
    return Document(file, data, reading.values, reading.keys, tuple(reading.problems))


def _forbidden_characters(file: str, text: str) -> list[Problem]:
    problems = []
    for match in islice(_FORBIDDEN.finditer(text), MAX_FORBIDDEN):
        line, column = (
            text.count("\n", 0, match.start()) + 1,
            match.start() - text.rfind("\n", 0, match.start()),
        )
        what = f"the character U+{ord(match.group()):04X} is not allowed"
        problems.append(Problem(file, line, column, "", what, "delete it"))
    return problems


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    hint = "check the quotes, brackets and indentation here"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = " ".join(filter(None, (getattr(error, "problem", None), getattr(error, "context", None))))
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.removesuffix("\n").split("\n")
    if line > len(lines):  # at the end of the file, which may have no line of its own
        line, column = len(lines), len(lines[-1]) + 1
    return Problem(
        file, line, column, "", replace_control_characters(f"this is not YAML: {what or error}"), hint
    )


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


@dataclass(slots=True)
class _OpenNode:
    """A mapping or list that is being read; ``key`` is the mapping key whose value comes next."""

    holder: dict[str, YamlData] | list[YamlData]
    path: KeyPath
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Builds data from events with an explicit stack, so that deep nesting cannot overflow the call stack."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    stack: list[_OpenNode] = field(default_factory=list)
    root: YamlData = None
    documents: int = 0
    is_aborted: bool = False

    def build(self, events: Iterator[yaml.Event]) -> YamlData:
        """Return the data of the first document."""
        for count, event in enumerate(events):
            if count > MAX_NODES:
                self._report(
                    event, f"more than {MAX_NODES} values", "an engagement file needs about a hundred"
                )
                self.is_aborted = True
            if self.is_aborted:
                break
            self._handle(event)
        return self.root

    def _handle(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._add_scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open_node(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
            case yaml.AliasEvent():
                self._report(event, f"the alias *{event.anchor} is not allowed", "write the value out")
                self._add_value(event, None)
            case yaml.DocumentStartEvent() if self.documents:
                self._report(event, "a second document starts here", "keep one document per file")
                self.is_aborted = True
            case yaml.DocumentStartEvent():
                self.documents = 1
            case _:
                pass

    def _report(self, event: yaml.Event, message: str, hint: str, path: KeyPath | None = None) -> None:
        where = ".".join(map(str, self._next_path() if path is None else path))
        line, column = _position(event)
        self.problems.append(
            Problem(
                self.file,
                line,
                column,
                replace_control_characters(where),
                replace_control_characters(message),
                replace_control_characters(hint),
            )
        )

    def _next_path(self) -> KeyPath:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.holder, list):
            return (*top.path, len(top.holder))
        return top.path if top.key is None else (*top.path, top.key)

    def _add_scalar(self, event: yaml.ScalarEvent) -> None:
        self._reject_tag_and_anchor(event)
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.holder, dict) and top.key is None:
            self._start_key(event, top)
        else:
            self._add_value(event, self._scalar_value(event))

    def _reject_tag_and_anchor(self, event: yaml.NodeEvent) -> None:
        """Report a tag or an anchor, which are not allowed."""
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self._report(event, f"the tag {tag} is not allowed", "delete it")
        if getattr(event, "anchor", None):
            self._report(
                event, f"the anchor &{event.anchor} is not allowed", "delete it, and write values out"
            )

    def _start_key(self, event: yaml.ScalarEvent, top: _OpenNode) -> None:
        key = event.value
        path = (*top.path, key)
        if key == "<<" and not event.style:
            self._report(event, "the merge key << is not allowed", "write the values out")
        elif key in top.holder:
            first, _ = (
                self.keys.get(path) or self.values[path]
            )  # a key that is no word has no place of its own
            self._report(event, f"duplicate key, first used in line {first}", "keep one of them", path)
        self._expect_value(event, top, key)

    def _expect_value(self, event: yaml.Event, top: _OpenNode, key: str) -> None:
        self.keys.setdefault((*top.path, key), _position(event))
        top.key = key

    def _scalar_value(self, event: yaml.ScalarEvent) -> YamlData:
        text: str = event.value
        if event.style:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text) and len(text) <= MAX_NUMBER_LENGTH:
            return int(text)
        if _FLOAT.fullmatch(text) and len(text) <= MAX_NUMBER_LENGTH:
            return float(text)
        if _AMBIGUOUS.fullmatch(text):
            hint = f'write "{text}" in quotes if it is text'
            if text.lower() in _BOOLEAN_WORDS:
                hint = f"write true or false, or {hint[6:]}"
            self._report(event, f"{text} is ambiguous in YAML", hint)
        return text

    def _open_node(self, event: yaml.CollectionStartEvent) -> None:
        self._reject_tag_and_anchor(event)
        if len(self.stack) >= MAX_DEPTH:
            self._report(event, f"nested deeper than {MAX_DEPTH} levels", "an engagement file needs three")
            self.is_aborted = True
            return
        top = self.stack[-1] if self.stack else None
        holder: dict[str, YamlData] | list[YamlData] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if top and isinstance(top.holder, dict) and top.key is None:
            self._report(event, "the key is a mapping or a list", "write a plain word before the colon")
            self._expect_value(event, top, "")  # what is in the holder goes nowhere; its value comes after it
            path = self._next_path()
        else:
            path = self._next_path()
            self._add_value(event, holder)
        self.stack.append(_OpenNode(holder, path))

    def _add_value(self, event: yaml.Event, value: YamlData) -> None:
        path = self._next_path()
        self.values.setdefault(path, _position(event))
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top.holder, list):
            top.holder.append(value)
        elif top.key is None:
            self._expect_value(event, top, "")  # an alias as a key, reported already
        else:
            top.holder.setdefault(top.key, value)
            top.key = None
