"""The process as ``config/`` defines it: kinds of items, labels, workflow, policies, questions and limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from psbot.core.model.calendar import Workdays
from psbot.core.model.change_policy import ChangePolicy
from psbot.core.model.labels import LabelCatalogue
from psbot.core.model.staleness_policy import StalenessSettings
from psbot.core.model.workflow import Workflow

EPIC = "epic"  # the key of the engagement's epic


class Repeat(StrEnum):
    """How often an engagement has an item of a kind."""

    ONCE = "once"
    CALL = "call"
    STANDUP = "standup"
    MILESTONE = "milestone"
    ON_DEMAND = "on-demand"


class PlaceKind(StrEnum):
    """Where psbot creates items of a kind: in the group (the epic), the shared or the internal project."""

    GROUP = "group"
    SHARED = "shared"
    INTERNAL = "internal"


class Stage(StrEnum):
    """From when on an engagement needs the items of a kind."""

    QUOTE = "quote"
    WON = "closed-won"


@dataclass(frozen=True, slots=True)
class Offset:
    """A day, as a number of business days after a base date."""

    base: str
    plus: int = 0


@dataclass(frozen=True, slots=True)
class CarryOver:
    """Which open tasks a call takes over from the last one: those below a heading, shown below another heading."""

    below: str
    heading: str


@dataclass(frozen=True, slots=True)
class ActionTable:
    """A table whose rows become items of ``kind``: the heading above it, and the titles of its columns."""

    below: str
    kind: str
    what: str
    item: str
    due: str
    owner: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of items; the fields are those of ``config/blueprint.yml``, which explains them."""

    name: str
    item: str
    title: str
    place: PlaceKind
    template: str
    phase: str | None = None
    assignee: str | None = None
    start: Offset | None = None
    due: Offset | None = None
    repeat: Repeat = Repeat.ONCE
    wanted_from: Stage = Stage.WON
    only: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, str] = field(default_factory=dict)
    title_each: str | None = None
    guide: str | None = None
    skippable: bool = True
    when_unwanted: str | None = None
    chart: str | None = None
    carries: CarryOver | None = None
    gathers: str | None = None
    lines: tuple[str, ...] = ()
    listed: str | None = None
    acts: ActionTable | None = None

    @property
    def is_epic(self) -> bool:
        """Tell whether the kind is that of the epic."""
        return self.place is PlaceKind.GROUP

    @property
    def is_occurrence(self) -> bool:
        """Tell whether items become due by date alone (calls, standups), so that nobody reviews each of them."""
        return self.repeat in (Repeat.CALL, Repeat.STANDUP)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the intake; ``hosting`` is ``both``, ``aws`` or ``on-prem``.

    With ``before_call``, the customer answers the question before the call.
    """

    id: str
    hosting: str
    ask: str
    why: str
    before_call: bool = False


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions on one topic."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan can do without ``--force``, and how psbot uses GitLab's API.

    ``settle_seconds`` is how long GitLab can still work on a request after an unclear answer (GitLab stops a request
    after 60 seconds). ``rate_limit_seconds`` is how long one run waits for rate limits in total.
    """

    close_more_than: int = 5
    close_share: float = 0.5
    batch: int = 15
    page: int = 100
    connections: int = 4
    settle_seconds: float = 60
    rate_limit_seconds: float = 120

    @property
    def recheck_size(self) -> int:
        """Return how many items to read again at once: those that are then written together, up to one page."""
        return min(self.page, self.batch * self.connections)


@dataclass(frozen=True, slots=True)
class Process:
    """Everything in ``config/``."""

    kinds: Mapping[str, Kind]
    catalogue: LabelCatalogue
    workflow: Workflow
    questions: tuple[QuestionGroup, ...]
    limits: Limits
    horizon_days: int
    company_calendar: Workdays = field(default_factory=Workdays)
    machine_accounts: frozenset[str] = frozenset()
    colleagues: frozenset[str] = frozenset()
    contact_roles: tuple[str, ...] = ()
    staleness: StalenessSettings = field(default_factory=StalenessSettings)
    changes: ChangePolicy = field(default_factory=ChangePolicy)

    def kind_of_key(self, key: str) -> Kind | None:
        """Return the kind of the item with *key*; None for a key of no kind."""
        stem = key.partition("/")[0]
        return next((kind for kind in self.kinds.values() if kind.item == stem), None)

    @property
    def log_kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of engagement logs: items that carry the engagement's health."""
        return tuple(kind for kind in self.kinds.values() if "health" in kind.seeds)

    @property
    def question_hostings(self) -> Mapping[str, str]:
        """Return the hosting that each question is for, by question id."""
        return {question.id: question.hosting for group in self.questions for question in group.questions}


def lowest_free_number(kind: Kind, keys: Iterable[str]) -> int:
    """Return the lowest number that no item of *kind* in *keys* has."""
    taken, number = frozenset(keys), 1
    while f"{kind.item}/{number}" in taken:
        number += 1
    return number
