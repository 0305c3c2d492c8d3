"""People at random against apply and advance, on a GitLab in memory; what must hold is looked up in the world itself.

The oracle asks nothing of psbot's core: titles, dates and assignees are written down again from the process, the
guards are those of tests/properties/test_advance.py, and what people did is remembered as they did it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from psbot.apply.apply import WriteTools
from psbot.core.model.engagement import Engagement
from psbot.core.model.history import LabelEvent, StateEvent
from psbot.core.model.work_item import WorkItem
from psbot.errors import ExitCode, PsbotError
from psbot.gitlab.wait_budget import WaitBudget
from psbot.runs.portfolio import advance_many, reconcile_many
from psbot.runs.work import Reconciled, RunContext
from tests.properties.test_advance import PEOPLE, Oracle
from tests.support.board import PROCESS, TEMPLATES, example
from tests.support.builders import SHARED
from tests.support.fakes import BOT, FakeGitLab
from tests.support.sample import examples

STATES = ("todo", "doing", "waiting-customer", "blocked", "done", "skipped")
PHASES = ("quote", "setup", "kick-off", "intake", "delivery", "wrap-up", "post-mortem", "completed", "on-hold", "cancelled")  # fmt: skip
FINAL = ("completed", "cancelled")
SINGLE = ("welcome-email", "kick-off", "intake-aws", "project-summary", "sign-off", "financial-wrap-up", "post-mortem", "quote-to-sign-off")  # fmt: skip
TITLES = {
    "epic": "Acme Corp: SOW-2026-142",
    "log": "Engagement log: Acme Corp",
    "welcome-email": "Welcome e-mail: Acme Corp",
    "kick-off": "Kick-off: Acme Corp",
    "intake-aws": "Intake (AWS): Acme Corp",
    "project-summary": "Project summary: Acme Corp",
    "sign-off": "Sign-off: Acme Corp",
    "financial-wrap-up": "Financial wrap-up: Acme Corp",
    "post-mortem": "Post-mortem: Acme Corp",
    "quote-to-sign-off": "Quote to sign-off: Acme Corp",
    "assign-engineer": "Assign engineer: Acme Corp",
}
OF_THE_LEAD = frozenset({"kick-off", "intake-aws", "project-summary", "financial-wrap-up"})

Command = Callable[..., Iterator[tuple[Engagement, Reconciled | PsbotError]]]

who = st.sampled_from(["maria", "paul", "pia", "zoe"])
anybody = st.sampled_from(["maria", "paul", "zoe", "ada"])
keys = st.sampled_from(SINGLE)


@dataclass
class View:
    """The world as the guards' oracle asks for it."""

    gitlab: FakeGitLab
    engagement: Engagement
    now: datetime

    def item(self, key: str) -> WorkItem:
        return the(self.gitlab, key)

    @property
    def world(self) -> "View":
        return self

    def by_key(self) -> dict[str, WorkItem]:
        return {
            mark.item: the(self.gitlab, mark.item) for each in self.gitlab._all() if (mark := each.marker)
        }

    @property
    def labels(self) -> list[LabelEvent]:
        return [
            replace(event, item=key) for key, gid in self._gids() for event in self.gitlab.items[gid].labelled
        ]

    @property
    def states(self) -> list[StateEvent]:
        return [
            replace(event, item=key) for key, gid in self._gids() for event in self.gitlab.items[gid].switched
        ]

    def _gids(self) -> list[tuple[str, str]]:
        return [(key, each.gid) for key, each in self.by_key().items()]


def the(gitlab: FakeGitLab, key: str) -> WorkItem:
    """Return the item of a key: the open one with the lowest id, else the closed one."""
    found = sorted(gitlab.by_key(key), key=lambda each: (not each.is_open, each.numeric_id))
    return found[0]


class Guards(Oracle):
    """The guards, for a file whose engineers change."""

    def may_leave(self, phase: str) -> bool:
        if phase == "setup" and not self.desk.engagement.engineers:
            return False
        return super().may_leave(phase)


class Lives(RuleBasedStateMachine):
    """One engagement, its file, and what people have done to its items."""

    def __init__(self) -> None:
        super().__init__()
        self.gitlab = FakeGitLab()
        self.day = date(2026, 11, 23)
        self.engagement = example()
        self.edits: dict[tuple[str, str], Any] = {}
        self.written: list[tuple[str, str]] = []
        self.moved: dict[str, str] = {}
        self.forgotten: set[str] = set()
        self.held: str | None = None  # the phase that rests while the engagement is on hold
        self.count = 0

    @initialize(won=st.booleans(), named=st.booleans())
    def begins(self, won: bool, named: bool) -> None:
        self.engagement = example(
            closed_won_on=date(2026, 11, 16) if won else None, engineers=("paul", "petra") if named else ()
        )
        self.applies()

    # psbot

    @rule()
    def applies(self) -> None:
        self._runs(reconcile_many)
        if self.phase not in FINAL:
            self._as_the_file_says()

    @rule()
    def advances(self) -> None:
        before, oracle = self._accepted(), Guards(View(self.gitlab, self.engagement, self.now))  # type: ignore[arg-type]
        deed = oracle.last_phase_deed()
        ways = oracle.allowed(before, self.held, deed) if before else set(PHASES)
        ended = self._runs(advance_many)
        after = self._accepted()
        assert after in ways, (before, after, deed, ended.plan.findings)
        self.held = before if after == "on-hold" != before else self.held
        if not ended.plan.findings or self.phase not in FINAL:
            self._coherent(ended)

    # people

    @rule(name=anybody, key=keys, value=st.sampled_from(STATES))
    def drags_a_card(self, name: str, key: str, value: str) -> None:
        self._label(name, key, f"ps-state::{value}")

    @rule(name=anybody, value=st.sampled_from(["sent", "received", "passive", "objected"]))
    def signs_off(self, name: str, value: str) -> None:
        self._label(name, "sign-off", f"ps-signoff::{value}")

    @rule(name=who, value=st.sampled_from(PHASES))
    def moves_the_engagement(self, name: str, value: str) -> None:
        self._label(name, "epic", f"ps-phase::{value}")

    @rule(name=who)
    def takes_the_phase_away(self, name: str) -> None:
        labels = the(self.gitlab, "epic").labels
        self._edit(
            name, "epic", labels=frozenset(each for each in labels if not each.startswith("ps-phase::"))
        )

    @rule(name=who, key=keys, value=st.sampled_from(STATES))
    def puts_a_second_label_on(self, name: str, key: str, value: str) -> None:
        if self.gitlab.by_key(key):
            self._edit(name, key, labels=the(self.gitlab, key).labels | {f"ps-state::{value}"})
            self.moved.pop(the(self.gitlab, key).gid, None)

    @rule(name=anybody, key=keys, is_open=st.booleans())
    def switches(self, name: str, key: str, is_open: bool) -> None:
        if self.gitlab.by_key(key) and the(self.gitlab, key).is_open != is_open:
            self._edit(name, key, is_open=is_open)
            self.moved.pop(the(self.gitlab, key).gid, None)

    @rule(name=who, key=keys)
    def retitles(self, name: str, key: str) -> None:
        self._edits(name, key, "title", f"As {name} calls it, {self._next()}")

    @rule(name=who, key=keys, days=st.integers(1, 60))
    def reschedules(self, name: str, key: str, days: int) -> None:
        self._edits(name, key, "due_on", date(2028, 1, 1) + timedelta(days=days + self._next()))

    @rule(name=who, key=keys, other=st.sampled_from(["pia", "maria"]))
    def hands_over(self, name: str, key: str, other: str) -> None:
        self._edits(name, key, "assignees", (other, "zoe"))

    @rule(name=who, key=st.sampled_from(["epic", "log", *SINGLE]))
    def writes(self, name: str, key: str) -> None:
        if self.gitlab.by_key(key):
            item, words = the(self.gitlab, key), f"Words {self._next()} of {name}."
            text = item.description.replace("- [ ]", "- [x]", 1)
            self._edit(name, key, description=f"{text}\n{words}\n")
            self.written.append((item.gid, words))

    @rule(name=who, key=keys)
    def labels_as_they_like(self, name: str, key: str) -> None:
        if self.gitlab.by_key(key):
            self._edit(name, key, labels=the(self.gitlab, key).labels | {"urgent"})
            self.edits[the(self.gitlab, key).gid, "urgent"] = True

    @rule(name=who, key=keys)
    def takes_the_marker_away(self, name: str, key: str) -> None:
        if self.gitlab.by_key(key) and (item := the(self.gitlab, key)).is_open:
            self._edit(name, key, description=item.description.partition("\n")[2])
            self.forgotten.add(item.gid)  # with the marker goes psbot's memory, and all counts as people's
            self.advances()

    @rule(key=st.sampled_from(["kick-off", "intake-aws"]))
    def a_customer_copies(self, key: str) -> None:
        if self.gitlab.by_key(key):
            item = the(self.gitlab, key)
            self.gitlab.person_makes(
                "ada", SHARED, title="Mine", description=item.description, labels=item.labels
            )

    @rule(name=who, key=keys)
    def comments(self, name: str, key: str) -> None:
        if self.gitlab.by_key(key):
            self.gitlab.person_comments(the(self.gitlab, key).gid, name)

    # the file, and time

    @rule(days=st.sampled_from([0, 7, 14, 30]))
    def the_kick_off_slips(self, days: int) -> None:
        self.engagement = replace(self.engagement, kick_off_on=date(2026, 12, 1) + timedelta(days=days))
        self.applies()

    @rule()
    @precondition(lambda self: self.engagement.closed_won_on is None)
    def the_deal_is_won(self) -> None:
        self.engagement = replace(self.engagement, closed_won_on=self.day)
        self.applies()

    @rule(names=st.sampled_from([("paul", "petra"), ("petra",)]))
    def the_engineer_changes(self, names: tuple[str, ...]) -> None:
        self.engagement = replace(self.engagement, engineers=names)
        self.applies()

    @rule(days=st.integers(1, 35))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days=days)

    # what must hold at any time

    @invariant()
    def no_marker_is_on_two_open_items_of_psbot(self) -> None:
        open_ones = [
            each.marker.item
            for each in self.gitlab._all()
            if each.is_open and each.marker and each.author == BOT
        ]
        assert not [key for key, count in Counter(open_ones).items() if count > 1]

    @invariant()
    def nothing_that_people_did_is_lost(self) -> None:
        for (gid, name), value in self.edits.items():
            item = self.gitlab.items[gid].work_item
            assert "urgent" in item.labels if name == "urgent" else getattr(item, name) == value, (gid, name)
        for gid, words in self.written:
            assert words in self.gitlab.items[gid].work_item.description

    # inside

    @property
    def now(self) -> datetime:
        return max(datetime(self.day.year, self.day.month, self.day.day, 9, tzinfo=UTC), self.gitlab.now)

    @property
    def phase(self) -> str | None:
        found = [each for each in the(self.gitlab, "epic").labels if each.startswith("ps-phase::")]
        return found[0].removeprefix("ps-phase::") if len(found) == 1 else None

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _runs(self, command: Command) -> Reconciled:
        """Run psbot, and again: the second time it must have nothing to do, and write nothing."""
        self.gitlab.now = self.now
        ended = self._run(command)
        assert ended.exit_code is ExitCode.DONE, ended
        before = len(self.gitlab.writes)
        again = self._run(command)
        assert again.plan.is_empty, again.plan.operations
        assert len(self.gitlab.writes) == before
        return ended

    def _run(self, command: Command) -> Reconciled:
        tools = WriteTools(self.gitlab, self.gitlab, PROCESS.limits, lambda: 0.0)
        patience = WaitBudget(PROCESS.limits.rate_limit_seconds, _never)
        work = RunContext(tools, PROCESS, TEMPLATES, self.now, patience)
        ((_, ended),) = command([self.engagement], work, lambda _: None)
        assert isinstance(ended, Reconciled), ended
        return ended

    def _accepted(self) -> str | None:
        mark = the(self.gitlab, "epic").marker
        assert mark is not None
        return mark.memory.get("phase")

    def _edit(self, name: str, key: str, **fields: Any) -> None:
        self.gitlab.now = self.now
        self.gitlab.person_edits(the(self.gitlab, key).gid, name, **fields)

    def _edits(self, name: str, key: str, field: str, value: Any) -> None:
        if self.gitlab.by_key(key):
            self._edit(name, key, **{field: value})
            self.edits[the(self.gitlab, key).gid, field] = value

    def _label(self, name: str, key: str, title: str) -> None:
        if not self.gitlab.by_key(key):
            return
        item, scope = the(self.gitlab, key), title.rpartition("::")[0]
        kept = {each for each in item.labels if each.rpartition("::")[0] != scope}
        self._edit(name, key, labels=frozenset({*kept, title}))
        if title.startswith("ps-state::") and name in PEOPLE:
            self.moved[item.gid] = title

    def _coherent(self, ended: Reconciled) -> None:
        """After advance, an item has one label a scope, and its open flag says what its state says."""
        doubted = {each.item for each in ended.plan.findings}
        for key in {mark.item for each in self.gitlab._all() if (mark := each.marker)}:
            item = the(self.gitlab, key)
            scopes = [label.rpartition("::")[0] for label in item.labels if "::" in label]
            assert len(scopes) == len(set(scopes)), (key, item.labels)
            state = next((each for each in item.labels if each.startswith("ps-state::")), "")
            is_done = state in ("ps-state::done", "ps-state::skipped")
            if key != "epic" and key not in doubted and state:
                assert is_done != item.is_open, (key, state, item.is_open)
            if self.moved.get(item.gid) in ("ps-state::doing", "ps-state::waiting-customer") and item.is_open:
                assert state == self.moved[item.gid], (key, state)

    def _as_the_file_says(self) -> None:
        """After apply, open items have the title, due date and assignee of the file, where people gave none."""
        for key, title, due_on, assignee in self._expected():
            for item in self.gitlab.by_key(key):
                if not item.is_open or item.author != BOT:
                    continue
                self._same(item, "title", title)
                self._same(item, "due_on", due_on)
                if key != "epic":
                    self._same(item, "assignees", (assignee,))

    def _same(self, item: WorkItem, field: str, value: Any) -> None:
        if (item.gid, field) not in self.edits and item.gid not in self.forgotten:
            assert getattr(item, field) == value, (item.marker, field)

    def _expected(self) -> Iterator[tuple[str, str, date | None, str]]:
        engagement, days = self.engagement, self.engagement.workdays
        lead = (*engagement.engineers, engagement.manager)[0]
        won, ends = engagement.closed_won_on, date(2027, 2, 26)
        due = {
            "epic": ends,
            "log": None,
            "welcome-email": days.after(won, 3) if won else None,
            "assign-engineer": days.after(won, 1) if won else None,
            "kick-off": engagement.kick_off_on,
            "intake-aws": days.after(engagement.kick_off_on, 5),
            "project-summary": ends,
            "sign-off": ends,
            "quote-to-sign-off": ends,
            "financial-wrap-up": date(2027, 3, 5),
            "post-mortem": date(2027, 3, 12),
        }
        for key, title in TITLES.items():
            yield key, title, due[key], lead if key in OF_THE_LEAD else engagement.manager


def _never(seconds: float) -> None:
    raise AssertionError(f"it waited {seconds} seconds")


Lives.TestCase.settings = settings(max_examples=examples(40), stateful_step_count=25, deadline=None)
test_people_at_random_against_apply_and_advance = Lives.TestCase
