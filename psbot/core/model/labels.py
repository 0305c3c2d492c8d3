"""Scoped labels, the catalogue of those psbot owns, and changes to them as deltas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A label ``scope::value``; the scope is everything before the last ``::`` (GitLab, scoped labels)."""

    scope: str
    value: str

    @classmethod
    def parse(cls, title: str) -> "Label":
        """Split a label's title; a plain label has the empty scope."""
        scope, _, value = title.rpartition("::")
        return cls(scope, value)

    def __str__(self) -> str:
        return f"{self.scope}::{self.value}" if self.scope else self.value


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """How a catalogue label looks: its title, colour ``#rrggbb`` and one line of meaning."""

    title: str
    color: str
    description: str


@dataclass(frozen=True, slots=True)
class LabelScope:
    """One scope of the catalogue: its name in GitLab and its labels by value."""

    name: str
    labels: Mapping[str, LabelSpec]


@dataclass(frozen=True, slots=True)
class LabelCatalogue:
    """The labels psbot owns, by purpose (``kind``, ``phase``, ``state`` …); names are configuration."""

    scopes: Mapping[str, LabelScope]

    def title(self, purpose: str, value: str) -> str:
        """Return the label title for *value* in the scope that serves *purpose*; KeyError when unknown."""
        return self.scopes[purpose].labels[value].title

    def titles(self, seeds: Mapping[str, str]) -> frozenset[str]:
        """Return the titles for ``{purpose: value}``."""
        return frozenset(self.title(purpose, value) for purpose, value in seeds.items())

    def value(self, purpose: str, titles: Iterable[str]) -> str | None:
        """Return the value that *titles* carry in the scope of *purpose*; None for none or more than one."""
        values = self.values(purpose, titles)
        return values[0] if len(values) == 1 else None

    def values(self, purpose: str, titles: Iterable[str]) -> list[str]:
        """Return all values that *titles* carry in the scope of *purpose*, sorted; unknown values too."""
        name = self.scopes[purpose].name
        return sorted(label.value for label in map(Label.parse, titles) if label.scope == name)

    def specs(self) -> list[LabelSpec]:
        """Return every label of the catalogue, in its order."""
        return [spec for scope in self.scopes.values() for spec in scope.labels.values()]


@dataclass(frozen=True, slots=True)
class LabelDelta:
    """Labels to add and to remove; the label that gives way is always named."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changes."""
        return not (self.add or self.remove)


def replace_in_scope(current: Iterable[str], new_title: str) -> LabelDelta:
    """Return the delta after which *new_title* is the only label of its scope; other scopes stay."""
    labels = frozenset(current)
    scope = Label.parse(new_title).scope
    rivals = sorted(title for title in labels if Label.parse(title).scope == scope and title != new_title)
    return LabelDelta(add=() if new_title in labels else (new_title,), remove=tuple(rivals))


def apply_delta(delta: LabelDelta, current: Iterable[str]) -> frozenset[str]:
    """Return the labels after *delta*."""
    return (frozenset(current) - frozenset(delta.remove)) | frozenset(delta.add)


def kind_label_filter(catalogue: LabelCatalogue) -> str:
    """Return the label filter that matches every item kind (GitLab, scoped labels: ``scope::*``)."""
    return f"{catalogue.scopes['kind'].name}::*"
