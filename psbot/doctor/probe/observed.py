"""What a probe wrote to GitLab and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psbot.core.model.history import History, LabelEvent
from psbot.core.model.work_item import Author, WorkItem
from psbot.core.text.marker import Marker
from psbot.gitlab.values import Comment, NewItem, WriteResult


class NotObserved(Exception):
    """What an expectation is about was not seen, because an earlier step could not be made."""


@dataclass(frozen=True, slots=True)
class ProbeLabels:
    """The titles of the labels of one run; all begin with the same words."""

    kind: str
    state_one: str
    state_two: str

    @classmethod
    def of_run(cls, run: str) -> "ProbeLabels":
        """Return the labels of the run with that name."""
        return cls(f"psbot-{run}-kind::item", f"psbot-{run}-state::one", f"psbot-{run}-state::two")

    @property
    def kind_filter(self) -> str:
        """Return the label filter that finds all items of the run."""
        return f"{self.kind.rpartition('::')[0]}::*"

    @property
    def titles(self) -> tuple[str, ...]:
        """Return all titles."""
        return (self.kind, self.state_one, self.state_two)


@dataclass(frozen=True, slots=True)
class ListSeen:
    """A list of work items: their keys in this run, how many others there are, and the number that GitLab counts."""

    keys: frozenset[str]
    others: int
    count: int


@dataclass
class Observed:
    """Everything one probe wrote and read; items are named by their keys in the script.

    ``written`` are the results of writes by name (``create plain``, ``update scoped``), ``before`` the items after
    their creation and ``after`` at the end. ``label_events`` are those of the item ``scoped`` by REST.
    ``found_by_upper_case`` tells whether the account is found by its name in upper case. ``stranger`` is an account
    that cannot read the project, if there is one.
    """

    run: str
    account: Author
    labels: ProbeLabels
    label_gids: Mapping[str, str] = field(default_factory=dict)
    stranger: str | None = None
    sent: dict[str, NewItem] = field(default_factory=dict)
    written: dict[str, WriteResult] = field(default_factory=dict)
    before: dict[str, WorkItem] = field(default_factory=dict)
    after: dict[str, WorkItem] = field(default_factory=dict)
    lists: dict[str, ListSeen] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    found_by_upper_case: bool | None = None
    label_events: Sequence[LabelEvent] | None = None
    comments: dict[str, Sequence[Comment]] = field(default_factory=dict)

    def marker(self, key: str) -> Marker:
        """Return the marker of the item *key*."""
        return Marker(self.run, key)

    def item(self, key: str) -> WorkItem:
        """Return the item at the end; raises NotObserved where it was not read."""
        if key not in self.after:
            raise NotObserved(f"the item was not read ({self._refusal(f'create {key}')})")
        return self.after[key]

    def created(self, key: str) -> WorkItem:
        """Return the item after its creation; raises NotObserved where it was not read."""
        if key not in self.before:
            raise NotObserved(f"the item was not read ({self._refusal(f'create {key}')})")
        return self.before[key]

    def done(self, name: str) -> WriteResult:
        """Return the result of a write; raises NotObserved where it was refused or not sent."""
        if self.refusal(name) is not None or name not in self.written:
            raise NotObserved(f"{name}: {self._refusal(name)}")
        return self.written[name]

    def refusal(self, name: str) -> str | None:
        """Return why GitLab refused a write; None where it did not. Raises NotObserved where it was not sent."""
        if name not in self.written:
            raise NotObserved(f"{name}: not sent")
        return self.written[name].refusal

    def list_of(self, name: str) -> ListSeen:
        """Return a list; raises NotObserved where it was not read."""
        if name not in self.lists:
            raise NotObserved("the list was not read")
        return self.lists[name]

    def history(self, key: str) -> History:
        """Return the history of an item; raises NotObserved where it was not read."""
        if key not in self.histories:
            raise NotObserved("the notes of the item were not read")
        return self.histories[key]

    def comments_on(self, key: str) -> Sequence[Comment]:
        """Return the comments on an item; raises NotObserved where they were not read."""
        if key not in self.comments:
            raise NotObserved("the comments on the item were not read")
        return self.comments[key]

    def _refusal(self, name: str) -> str:
        return self.written[name].refusal or "missing in the answer" if name in self.written else "not sent"
