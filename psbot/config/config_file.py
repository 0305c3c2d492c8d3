"""What every module for a file of ``config/`` has in common: how the file is read, and what the others may know of it.

The module ``config/NAME.py`` reads ``config/NAME.yml``. Each offers the same: the shape ``NameFile``,
``check(file, others)`` for what only the other files can tell, and ``to_core(file)`` for the facts of the process.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from psbot.errors import FileProblems, Problem
from psbot.parsing.validation import Model, suggest, validate
from psbot.parsing.yaml_document import Document, KeyPath, load_yaml

Located = tuple[KeyPath, str, str]  # where, what is wrong, what would be right


@dataclass(frozen=True, slots=True)
class ConfigFile(Generic[Model]):
    """A file of ``config/`` whose shape is right."""

    document: Document
    model: Model


@dataclass(frozen=True, slots=True)
class KindOutline:
    """What other files need to know of a kind of ``blueprint.yml``."""

    place: str
    repeat: str


@dataclass(frozen=True, slots=True)
class ConfigNames:
    """The names that files of ``config/`` define for each other; ``labels`` are values by purpose."""

    kinds: Mapping[str, KindOutline]
    labels: Mapping[str, Collection[str]]
    phases: Collection[str]
    states: Collection[str]
    customer_states: Collection[str]

    def check_label(self, path: KeyPath, purpose: str, value: str) -> Iterator[Located]:
        """Yield a problem where ``labels.yml`` does not have the label *value* for *purpose*."""
        if purpose not in self.labels:
            yield path, f"labels.yml has no scope for {purpose}", suggest(purpose, self.labels)
        elif value not in self.labels[purpose]:
            hint = suggest(value, self.labels[purpose])
            yield path, f"labels.yml has no label {value} for {purpose}", f"add it there, or {hint}"

    def check_on_demand(self, path: KeyPath, kind: str) -> Iterator[Located]:
        """Yield a problem where *kind* is not one that people raise on demand."""
        if kind not in self.kinds or self.kinds[kind].repeat != "on-demand":
            yield path, f"{kind} is not a kind with repeat: on-demand", suggest(kind, self.kinds)


@dataclass(frozen=True, slots=True)
class ConfigModule(Generic[Model]):
    """How ``config/NAME.yml`` is read: its shape, its checks against other files, and its part of the process."""

    name: str
    shape: type[Model]
    check: Callable[[ConfigFile[Model], ConfigNames], Iterator[Problem]]
    to_core: Callable[[Model], Mapping[str, Any]]


def check_name(path: KeyPath, name: str, known: Collection[str], what: str) -> Iterator[Located]:
    """Yield a problem where *name* is not among the *known* ones; *what* says what those are."""
    if name not in known:
        yield path, f"{name} is not {what}", suggest(name, known)


def load_config_file(file: Path, shape: type[Model]) -> ConfigFile[Model]:
    """Read *file* as *shape*; raises FileProblems with everything that is wrong in it."""
    document = load_yaml(file)
    result = validate(shape, document)
    if result.model is None:
        raise FileProblems(result.problems)
    return ConfigFile(document, result.model)
