"""What must hold for any engagement, any change of its file, and any edits of people in between."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.config.loader import load_process
from psbot.core.desired.build import build_desired
from psbot.core.model.engagement import CallCadence, Engagement, Milestone, StandupCadence
from psbot.core.model.item import Desired, HumanActivity, Item, Snapshot
from psbot.core.model.operations import Close
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan, build_plan
from psbot.engagements.loader import parse_engagement
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT
from tests.support.sample import examples
from tests.support.world import performed

PROCESS: Process = load_process(ROOT / "config")
TEMPLATES = TemplateLibrary(ROOT / "issue_templates")


def _example() -> Engagement:
    file = ROOT / "examples" / "acme-aws.yml"
    engagement = parse_engagement(str(file), file.read_text(), PROCESS).engagement
    assert engagement is not None
    return engagement


EXAMPLE = _example()
names = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != "")
users = st.sampled_from(["maria", "paul", "petra", "pia"])
some_day = st.dates(date(2026, 11, 1), date(2027, 6, 30))


@st.composite
def engagements(draw: st.DrawFn) -> Engagement:
    kick_off = draw(some_day)
    ends = kick_off + timedelta(days=draw(st.integers(0, 120)))
    length = (ends - kick_off).days
    parts = draw(st.lists(st.integers(0, length), max_size=3))
    return replace(
        EXAMPLE,
        customer=draw(names),
        sow=draw(names),
        hosting=draw(st.sampled_from(["aws", "on-prem"])),
        kick_off_on=kick_off,
        ends_on_in_file=ends,
        closed_won_on=draw(st.none() | some_day),
        manager=draw(users),
        engineers=tuple(draw(st.lists(users, max_size=2, unique=True))),
        calls=draw(st.none() | st.builds(CallCadence, st.sampled_from([1, 2]), st.integers(0, 4), st.just("some day"), st.just("10:00"), st.just(45))),
        standups=draw(st.none() | st.just(StandupCadence("day", "09:15"))),
        milestones=tuple(Milestone(f"M {at}", kick_off + timedelta(days=day), f"m-{at}") for at, day in enumerate(parts)),
        skip=draw(st.dictionaries(st.sampled_from(["kick-off", "welcome-email", "standup", "post-mortem"]), st.just("because"), max_size=2)),
    )  # fmt: skip


nows = st.datetimes(datetime(2026, 11, 1), datetime(2027, 7, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001  made aware at once


def planned(engagement: Engagement, now: datetime, world: Snapshot) -> tuple[Desired, Plan]:
    wanted = build_desired(engagement, PROCESS, now, TEMPLATES, world)
    return wanted, build_plan(engagement, wanted, world, PROCESS)


def fields(item: Item) -> tuple[object, ...]:
    """What the file decides of an item, spelled out here and not asked of the planner."""
    return (item.title, item.start_on, item.due_on, sorted(item.assignees), item.namespace, item.kind)


@settings(max_examples=examples(60), deadline=None)
@given(engagements(), nows)
def test_plan_is_the_same_twice(engagement: Engagement, now: datetime) -> None:
    assert planned(engagement, now, Snapshot()) == planned(engagement, now, Snapshot())


@settings(max_examples=examples(100), deadline=None)
@given(engagements(), engagements(), nows)
def test_world_after_a_changed_file_has_exactly_what_the_file_says(
    first: Engagement, second: Engagement, now: datetime
) -> None:
    _, plan_of_first = planned(first, now, Snapshot())
    world = performed(Snapshot(), plan_of_first.operations)
    before = world
    second = replace(second, gitlab=first.gitlab)
    wanted, plan_of_second = planned(second, now, world)
    world = performed(world, plan_of_second.operations)

    have = {item.key: item for item in world.items if item.is_open}
    had = {item.key for item in before.items if item.is_open}
    want = {item.key: item for item in wanted.snapshot.items}
    assert {key for key in want if key in wanted.due_now} <= set(have)
    assert set(have) <= set(want)  # nobody touched anything, so all that is not wanted is closed
    assert set(have) <= had | wanted.due_now  # nothing is made that is not due
    for key, item in have.items():
        assert fields(item) == fields(want[key])
    assert planned(second, now, world)[1].is_empty


@settings(max_examples=examples(100), deadline=None)
@given(engagements(), engagements(), nows, st.data())
def test_what_people_changed_stays_as_they_left_it(
    first: Engagement, second: Engagement, now: datetime, data: st.DataObject
) -> None:
    _, made = planned(first, now, Snapshot())
    world = performed(Snapshot(), made.operations)
    # An engineer in the file is what assign-engineer asked for, so that one is closed whoever touched it.
    item = data.draw(st.sampled_from([each for each in world.items if each.key != "assign-engineer"]))
    edits = [
        replace(item, title="by hand"),
        replace(item, due_on=date(2030, 1, 1)),
        replace(item, assignees=("zoe",)),
    ]
    edited = data.draw(st.sampled_from(edits))
    edited = replace(
        edited, human_activity=HumanActivity.YES, description=item.description + "\n- [x] done by hand\n"
    )
    world = world.with_item(edited)
    _, changes = planned(replace(second, gitlab=first.gitlab), now, world)
    world = performed(world, changes.operations)
    left = next(each for each in world.items if (each.namespace, each.iid) == (item.namespace, item.iid))
    assert left.is_open
    assert "- [x] done by hand" in left.description
    changed = [
        name for name in ("title", "due_on", "assignees") if getattr(edited, name) != getattr(item, name)
    ]
    assert all(getattr(left, name) == getattr(edited, name) for name in changed)
    assert not any(
        isinstance(op, Close) and op.item.iid == item.iid and op.item.namespace == item.namespace
        for op in changes.operations
    )
