"""The process as data: kinds, phases, states, questions, limits; read from ``config/``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from psbot.core.model.calendar import Workdays
from psbot.core.model.change_policy import ChangePolicy
from psbot.core.model.labels import LabelCatalogue
from psbot.core.model.staleness_policy import StalenessSettings
from psbot.core.model.workflow import Workflow

EPIC = "epic"  # the item of the engagement's epic


class Repeat(StrEnum):
    """How often a kind occurs in one engagement."""

    ONCE = "once"
    CALL = "call"
    STANDUP = "standup"
    MILESTONE = "milestone"
    ON_DEMAND = "on-demand"


class PlaceKind(StrEnum):
    """Where items of a kind live."""

    GROUP = "group"
    SHARED = "shared"
    INTERNAL = "internal"


class Stage(StrEnum):
    """From when on a kind is wanted."""

    QUOTE = "quote"
    WON = "closed-won"


@dataclass(frozen=True, slots=True)
class Offset:
    """A day, as business days after a base date."""

    base: str
    plus: int = 0


@dataclass(frozen=True, slots=True)
class CarryOver:
    """What an occurrence takes over from the one before it: open tasks below a heading, shown below another."""

    below: str
    heading: str


@dataclass(frozen=True, slots=True)
class ActionTable:
    """Rows of the table below the heading ``below`` become items of ``kind``; the rest are the heads of its columns."""

    below: str
    kind: str
    what: str
    item: str
    due: str
    owner: str


@dataclass(frozen=True, slots=True)
class Kind:
    """An item kind, as ``config/blueprint.yml`` has it."""

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
        """Tell whether the item is the engagement's epic."""
        return self.place is PlaceKind.GROUP

    @property
    def is_occurrence(self) -> bool:
        """Tell whether time alone makes its items due, so that nobody reviews them one by one."""
        return self.repeat in (Repeat.CALL, Repeat.STANDUP)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the intake bank; ``hosting`` is ``both``, ``aws`` or ``on-prem``.

    ``before_call`` marks what the customer is asked to answer before the call.
    """

    id: str
    hosting: str
    ask: str
    why: str
    before_call: bool = False


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that belong together."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may do before a person has to say so, and how psbot talks to GitLab.

    ``settle_seconds`` is how long after an unclear answer GitLab may still be at work (it cuts a request at 60
    seconds); ``rate_limit_seconds`` is how long one run waits for rate limits in all.
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
        """Return how many items are read again at once: a page at most, and what is then written at once."""
        return min(self.page, self.batch * self.connections)


@dataclass(frozen=True, slots=True)
class Process:
    """Everything ``config/`` says."""

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

    @property
    def question_hostings(self) -> Mapping[str, str]:
        """Return for which hosting each question is, by its id."""
        return {question.id: question.hosting for group in self.questions for question in group.questions}


def lowest_free_number(kind: Kind, keys: Iterable[str]) -> int:
    """Return the lowest number that no item of *kind* has among *keys*."""
    taken, number = frozenset(keys), 1
    while f"{kind.item}/{number}" in taken:
        number += 1
    return number


def kind_of_key(key: str, process: Process) -> Kind | None:
    """Return the kind of the item *key*; None where there is none."""
    stem = key.partition("/")[0]
    return next((kind for kind in process.kinds.values() if kind.item == stem), None)
