"""The activity clock against a slow oracle that replays every history instant by instant, and knows nothing of ours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.config.loader import load_process
from psbot.core.model.calendar import Workdays
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, LabelEvent, NoteEvent, Notice, StateEvent
from psbot.core.model.item import Item, NewestNote, Snapshot
from psbot.core.model.operations import PostNotice, Relabel
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import Measure, StalenessPolicy
from psbot.core.model.work_item import Author
from psbot.core.plan.plan import Plan
from psbot.core.staleness.measure import Measurement, measure
from psbot.core.staleness.response import StaleResponse
from tests.support.builders import GROUP, INTERNAL, SHARED, engagement
from tests.support.paths import ROOT
from tests.support.sample import examples

SHIPPED: Process = load_process(ROOT / "config")
PEOPLE = ("maria", "ada")
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC")
MADE = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)  # the clocks change on both sides of it

IDLE = StalenessPolicy("idle", Measure.IDLE, 1, "x", states=frozenset({"todo", "doing", "blocked"}))
WAITING = StalenessPolicy("waiting", Measure.WAITING, 1, "x", states=frozenset({"waiting-customer"}))
IN_STATE = StalenessPolicy("in-state", Measure.IN_STATE, 1, "x")
SILENT = StalenessPolicy("silent", Measure.SILENCE, 1, "x")
OWN = replace(IDLE, name="own", in_own_phase=True)


@dataclass(frozen=True)
class Happened:
    """One thing that was done, by whom, to the item or (a phase) to the epic."""

    at: datetime
    by: str
    what: str  # comment | reply | mention | title | state:… | phase:… | close | reopen


def _events(first: list[str], most: int) -> st.SearchStrategy[list[Happened]]:
    return st.lists(
        st.builds(
            Happened,
            st.integers(1, 60 * 24 * 40).map(lambda minutes: MADE + timedelta(minutes=minutes)),
            st.sampled_from(["psbot-bot", "old-bot", "psbot-bot", "maria", "ada"]),
            st.sampled_from(first),
        ),
        max_size=most,
    )


def _in_time(parts: tuple[list[Happened], ...]) -> list[Happened]:
    found = {one.at: one for part in parts for one in part}
    return [found[at] for at in sorted(found)]


happenings = st.tuples(
    _events(["comment", "mention", "title", "reply"], 5),
    _events(
        ["state:doing", "state:waiting-customer", "state:waiting-customer", "state:blocked", "state:todo"], 5
    ),
    _events(["phase:intake", "phase:on-hold", "phase:kick-off"], 3),
    _events(["close", "reopen"], 2),
).map(_in_time)


@dataclass(frozen=True)
class World:
    """An item and its epic after what has happened, and the engagement they belong to."""

    happened: list[Happened]
    zone: str
    days_off: frozenset[date]
    now: datetime

    def replay(self, until: datetime) -> tuple[str, str, bool]:
        """Return state, phase and open flag just after *until*."""
        state, phase, is_open = "todo", "kick-off", True
        for one in self.happened:
            if one.at > until:
                break
            name, _, value = one.what.partition(":")
            if name == "state":
                state = value
            elif name == "phase":
                phase = value
            elif name in ("close", "reopen"):
                is_open = name == "reopen"
        return state, phase, is_open

    # The oracle

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def instants(self, day: date) -> list[datetime]:
        """Return the beginning of *day* and every instant in it at which something happened."""
        zone = ZoneInfo(self.zone)
        start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        return [start] + [one.at for one in self.happened if self.day(one.at) == day and one.at <= self.now]

    def last_human(self, *, everywhere: bool) -> datetime:
        acts = [
            one.at
            for one in self.happened
            if one.by in PEOPLE
            and one.what != "mention"
            and (everywhere or not one.what.startswith("phase:"))
        ]
        return max([MADE, *acts])

    def business_days(self, after: date) -> list[date]:
        found, day = [], after + timedelta(days=1)
        while day <= self.day(self.now):
            if day.isoweekday() < 6 and day not in self.days_off:
                found.append(day)
            day += timedelta(days=1)
        return found

    def count(self, after: datetime, runs: "Runs") -> int:
        return sum(
            all(runs(*self.replay(instant)) for instant in self.instants(day))
            for day in self.business_days(self.day(after))
        )

    # What psbot is given

    @property
    def engagement(self) -> Engagement:
        return engagement(
            zone=ZoneInfo(self.zone), time_zone=self.zone, workdays=Workdays(days_off=self.days_off)
        )

    def facts(self, policy: StalenessPolicy, *, is_read: bool) -> Facts:
        process = replace(
            SHIPPED,
            machine_accounts=frozenset({"old-bot"}),
            staleness=replace(SHIPPED.staleness, policies={policy.name: policy}),
        )
        state, phase, is_open = self.replay(self.now)
        mine = [one for one in self.happened if not one.what.startswith("phase:")]
        epics = [one for one in self.happened if one.what.startswith("phase:")]
        item = self._item("kick-off", "kick-off", f"ps-state::{state}", mine, is_open)
        epic = self._item("epic", "engagement", f"ps-phase::{phase}", epics, True)
        found = {
            "kick-off": self._history("state", "todo", mine),
            "epic": self._history("phase", "kick-off", epics),
        }
        histories = Histories(dict(found) if is_read else {})
        return Facts(self.engagement, process, Snapshot(epic, (item,)), self.now, histories)

    @staticmethod
    def _item(key: str, kind: str, label: str, happened: list[Happened], is_open: bool) -> Item:
        newest = None
        if threads := [one for one in happened if one.what != "reply"]:  # a reply is in an older thread
            last = threads[-1]
            is_machine = last.by == "psbot-bot"
            newest = NewestNote(last.by, is_machine, last.at, last.what == "mention")
        place = GROUP if key == "epic" else SHARED
        return Item(
            key, kind, place, key, "", frozenset({f"ps-kind::{kind}", label}), is_open=is_open, iid=1, gid=key,
            created_at=MADE, updated_at=happened[-1].at if happened else MADE, newest_note=newest,
        )  # fmt: skip

    @staticmethod
    def _history(scope: str, first: str, happened: list[Happened]) -> History:
        labels = [LabelEvent("x", f"ps-{scope}::{first}", True, author("psbot-bot"), MADE)]
        states, acts, value = [], [NoteEvent(author("psbot-bot"), MADE, True)], first
        is_open = True
        for one in happened:
            name, _, new = one.what.partition(":")
            if name == scope and new != value:
                labels += [
                    LabelEvent("x", f"ps-{scope}::{value}", False, author(one.by), one.at),
                    LabelEvent("x", f"ps-{scope}::{new}", True, author(one.by), one.at),
                ]
                value = new
            elif name in ("close", "reopen") and is_open is not (name == "reopen"):
                is_open = not is_open
                states.append(StateEvent("x", is_open, author(one.by), one.at))
            acts.append(
                NoteEvent(author(one.by), one.at, name not in ("comment", "reply"), name == "mention")
            )
        return History(tuple(labels), tuple(states), notes=tuple(acts))


def author(name: str) -> Author:
    return Author(name, is_machine=name == "psbot-bot")


worlds = st.builds(
    World,
    happenings,
    st.sampled_from(ZONES),
    st.frozensets(st.dates(date(2026, 10, 20), date(2026, 12, 31)), max_size=6),
    st.integers(20 * 24 * 60, 60 * 24 * 60).map(lambda minutes: MADE + timedelta(minutes=minutes)),
).map(lambda world: replace(world, happened=[one for one in world.happened if one.at <= world.now]))


def verdict(world: World, policy: StalenessPolicy, *, is_read: bool = True) -> Measurement | None:
    found = measure(world.facts(policy, is_read=is_read)).results
    assert len(found) <= 1
    return found[0] if found else None


Runs = Callable[[str, str, bool], bool]
# On which of a state, a phase and an open flag each clock runs.
RUNS: dict[str, Runs] = {
    "idle": lambda state, phase, is_open: state != "waiting-customer" and phase != "on-hold" and is_open,
    "waiting": lambda state, phase, is_open: state == "waiting-customer" and phase != "on-hold" and is_open,
    "own": lambda state, phase, is_open: state != "waiting-customer" and phase == "kick-off" and is_open,
    "in-state": lambda state, phase, is_open: phase != "on-hold",
    "silent": lambda state, phase, is_open: phase != "on-hold",
}


def is_asked(world: World, policy: StalenessPolicy) -> bool:
    """Tell whether the policy is about the item as it is now, or, for silence, about the engagement."""
    state, phase, is_open = world.replay(world.now)
    if phase == "on-hold" or (policy.in_own_phase and phase != "kick-off"):
        return False
    if policy.is_about_engagement:
        return not (is_open and state == "waiting-customer")
    return is_open and (not policy.states or state in policy.states)


def expected(world: World, policy: StalenessPolicy) -> int | None:
    """Return the oracle's number of days; None where the policy does not ask."""
    if not is_asked(world, policy):
        return None
    start = world.last_human(everywhere=policy.is_about_engagement)
    if policy.measure is Measure.IN_STATE:
        start, value = MADE, "todo"
        for one in world.happened:
            if one.what.startswith("state:") and one.what != f"state:{value}":
                start, value = one.at, one.what.removeprefix("state:")
    return world.count(start, RUNS[policy.name])


@settings(max_examples=examples(600), deadline=None)
@given(worlds, st.sampled_from([IDLE, WAITING, IN_STATE, SILENT, OWN]))
def test_days_are_those_of_a_slow_oracle(world: World, policy: StalenessPolicy) -> None:
    found, days = verdict(world, policy), expected(world, policy)
    if found is None:
        assert days is None
        return
    assert days is not None
    assert (found.days.low, found.days.high) == (days, days)
    assert found.is_stale is (days >= 1)
    assert not found.needs


@settings(max_examples=examples(600), deadline=None)
@given(worlds, st.sampled_from([IDLE, WAITING, IN_STATE, SILENT, OWN]), st.integers(1, 20))
def test_lists_alone_say_what_the_notes_would_say_or_ask_for_them(
    world: World, policy: StalenessPolicy, after: int
) -> None:
    asked = replace(policy, after=after)
    found = measure(world.facts(asked, is_read=False)).results
    days = expected(world, policy)
    if not found:
        assert days is None
        return
    assert days is not None
    assert found[0].days.low <= days <= found[0].days.high
    if found[0].is_stale is None:
        assert found[0].needs
    else:
        assert found[0].is_stale is (days >= after)
    if found[0].is_stale and not found[0].needs:
        assert found[0].days.low == days, "a finding that nothing more is read for is exact"


READERS = frozenset({"maria", "paul"})


def with_log(facts: Facts) -> Facts:
    """Return *facts* of an engagement that has its log and all labels, and in whose log no digest stands yet."""
    label = frozenset({"ps-kind::engagement-log", "ps-state::todo"})
    log = Item(
        "log",
        "engagement-log",
        INTERNAL,
        "Log",
        "",
        label,
        iid=2,
        gid="log",
        created_at=MADE,
        updated_at=MADE,
    )
    titles = frozenset(spec.title for spec in facts.process.catalogue.specs())
    observed = replace(facts.observed, children=(*facts.observed.children, log), labels=titles)
    made = History((), (), notes=(NoteEvent(author("psbot-bot"), MADE, True),))
    known = replace(facts.histories, by_item={**facts.histories.by_item, "log": made}, notices=())
    return replace(facts, observed=observed, histories=known)


def carried_out(facts: Facts, plan: Plan) -> Facts:
    """Return what GitLab would tell after *plan*: the labels and notes, and who put them there."""
    bot, at = author("psbot-bot"), facts.now
    items, histories = facts.observed.by_key(), dict(facts.histories.by_item)
    notices = list(facts.histories.notices or ())
    for each in plan.operations:
        match each:
            case Relabel(item=item, delta=delta):
                labels = (items[item.key].labels - set(delta.remove)) | set(delta.add)
                events = [LabelEvent("x", title, True, bot, at) for title in delta.add]
                events += [LabelEvent("x", title, False, bot, at) for title in delta.remove]
                acts = [NoteEvent(bot, at, True)]
            case PostNotice(item=item, note_gid=note, identity=name, body=body):
                labels, events, acts = (
                    items[item.key].labels,
                    [],
                    [NoteEvent(bot, at, False)] * (note is None),
                )
                gid = note or f"n{len(notices) + 1}"
                notices = [one for one in notices if one.gid != gid] + [Notice(name, body, gid)]
            case _:
                raise AssertionError(each)
        items[item.key] = replace(items[item.key], labels=labels, updated_at=at)
        before = histories[item.key]
        assert before is not None
        assert before.notes is not None
        histories[item.key] = replace(before, labels=(*before.labels, *events), notes=(*before.notes, *acts))
    children = tuple(items[child.key] for child in facts.observed.children)
    observed = replace(facts.observed, children=children)
    return replace(
        facts,
        observed=observed,
        histories=replace(facts.histories, by_item=histories, notices=tuple(notices)),
    )


@settings(max_examples=examples(600), deadline=None)
@given(worlds, st.sampled_from([IDLE, WAITING, IN_STATE, SILENT, OWN]), st.integers(1, 20))
def test_second_run_finds_the_same_and_writes_nothing(
    world: World, policy: StalenessPolicy, after: int
) -> None:
    asked = replace(policy, after=after, except_kinds=frozenset({"engagement-log"}))
    first = StaleResponse.from_facts(with_log(world.facts(asked, is_read=True)))
    plan = first.plan(readers=READERS)
    days = expected(world, policy)
    assert bool(plan.operations) is (days is not None and days >= after), "what is written is what was found"
    second = StaleResponse.from_facts(carried_out(first.facts, plan))
    assert second.measurements.stale == first.measurements.stale
    assert second.plan(readers=READERS).operations == ()
