"""Scoped labels, the catalogue of the labels that psbot owns, and changes of labels as deltas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A label ``scope::value``; the scope is the text before the last ``::`` (GitLab, scoped labels)."""

    scope: str
    value: str

    @classmethod
    def parse(cls, title: str) -> "Label":
        """Split the title of a label; a label without ``::`` has an empty scope."""
        scope, _, value = title.rpartition("::")
        return cls(scope, value)

    def __str__(self) -> str:
        return f"{self.scope}::{self.value}" if self.scope else self.value


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """A label of the catalogue: its title, its colour ``#rrggbb`` and a one-line description."""

    title: str
    color: str
    description: str


@dataclass(frozen=True, slots=True)
class LabelScope:
    """A scope of the catalogue: its name in GitLab, and its labels by value."""

    name: str
    labels: Mapping[str, LabelSpec]


@dataclass(frozen=True, slots=True)
class LabelCatalogue:
    """The labels that psbot owns, by purpose (``kind``, ``phase``, ``state`` …); their titles are configuration."""

    scopes: Mapping[str, LabelScope]

    def title(self, purpose: str, value: str) -> str:
        """Return the label title for *value* in the scope of *purpose*; KeyError if there is none."""
        return self.scopes[purpose].labels[value].title

    def titles(self, seeds: Mapping[str, str]) -> frozenset[str]:
        """Return the label titles for values by purpose."""
        return frozenset(self.title(purpose, value) for purpose, value in seeds.items())

    def value(self, purpose: str, titles: Iterable[str]) -> str | None:
        """Return the value that the labels *titles* have for *purpose*; None if they have none, or several."""
        values = self.values(purpose, titles)
        return values[0] if len(values) == 1 else None

    def values(self, purpose: str, titles: Iterable[str]) -> list[str]:
        """Return all values that the labels *titles* have for *purpose*, sorted; including unknown values."""
        name = self.scopes[purpose].name
        return sorted(label.value for label in map(Label.parse, titles) if label.scope == name)

    def specs(self) -> list[LabelSpec]:
        """Return all labels of the catalogue in order."""
        return [spec for scope in self.scopes.values() for spec in scope.labels.values()]


@dataclass(frozen=True, slots=True)
class LabelDelta:
    """Labels to add and to remove; a label that another one of its scope replaces is listed, too."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changes."""
        return not (self.add or self.remove)


def replace_in_scope(current: Iterable[str], title: str) -> LabelDelta:
    """Return the delta after which *title* is the only label of its scope; other scopes do not change."""
    labels = frozenset(current)
    scope = Label.parse(title).scope
    others = sorted(each for each in labels if Label.parse(each).scope == scope and each != title)
    return LabelDelta(add=() if title in labels else (title,), remove=tuple(others))


def apply_delta(delta: LabelDelta, current: Iterable[str]) -> frozenset[str]:
    """Return the labels *current* after *delta*."""
    return (frozenset(current) - frozenset(delta.remove)) | frozenset(delta.add)


def kind_label_filter(catalogue: LabelCatalogue) -> str:
    """Return the label filter that matches every item kind (GitLab, scoped labels: ``scope::*``)."""
    return f"{catalogue.scopes['kind'].name}::*"
