"""What must hold whatever people do: the oracle reads the log of deeds and knows the process from its description alone."""

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.core.model.operations import Reassign, Reschedule, Retitle
from psbot.core.model.process import Process
from psbot.core.text import marker
from tests.support.board import CUSTOMER, PROCESS, RESTORING, Desk, example
from tests.support.sample import examples

PEOPLE = ("maria", "paul", "petra", "pia", "dora")
EVERYBODY = (*PEOPLE, CUSTOMER)
LIFE = ("quote", "setup", "kick-off", "intake", "delivery", "wrap-up", "post-mortem", "completed")
SINGLES = (
    "welcome-email",
    "kick-off",
    "intake-aws",
    "project-summary",
    "sign-off",
    "financial-wrap-up",
    "post-mortem",
)
STATES = ("todo", "doing", "waiting-customer", "blocked", "done", "skipped")
PHASES = (*LIFE, "on-hold", "cancelled")

keys = st.sampled_from(SINGLES)
who = st.sampled_from(EVERYBODY)
deeds = st.one_of(
    st.tuples(st.just("finish"), st.sampled_from(PEOPLE), keys),
    st.tuples(st.just("finish"), st.sampled_from(PEOPLE), keys),
    st.tuples(st.just("state"), who, keys, st.sampled_from(STATES), st.booleans()),
    st.tuples(st.just("signoff"), who, st.sampled_from(["sent", "received", "objected"])),
    st.tuples(st.just("phase"), who, st.sampled_from(PHASES), st.booleans()),
    st.tuples(st.just("no-phase"), who),
    st.tuples(st.just("close"), who, keys),
    st.tuples(st.just("reopen"), who, keys),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)
lives = st.lists(st.lists(deeds, min_size=1, max_size=3), min_size=1, max_size=10)


def do(desk: Desk, deed: tuple) -> None:  # type: ignore[type-arg]
    """Let somebody do one thing that GitLab would let them do."""
    match deed:
        case ("wait", days):
            desk.now += timedelta(days=days)
        case ("signoff", name, value):
            _do_to_item(desk, "signoff", name, "sign-off", value)
        case ("phase", name, value, replacing):
            desk.label(name, "epic", "phase", value, replacing=replacing)
        case ("no-phase", name):
            for value in desk.of("phase", "epic"):
                desk.unlabel(name, "epic", "phase", value)
        case (what, name, key, *rest):
            _do_to_item(desk, what, name, key, *rest)


def _do_to_item(
    desk: Desk, what: str, who: str, key: str, value: str = "done", replacing: bool = True
) -> None:
    if key not in desk.world.by_key():
        return
    if what in ("state", "finish", "signoff"):
        desk.label(who, key, "signoff" if what == "signoff" else "state", value, replacing=replacing)
    elif desk.item(key).is_open == (what == "close"):
        (desk.close if what == "close" else desk.reopen)(who, key)


def accepted(desk: Desk) -> str:
    """Return the phase that psbot has written down."""
    note = marker.parse_marker(desk.item("epic").description)
    assert note is not None
    return note.memory["phase"]


class Oracle:
    """The guards of the process, written down again from its description."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def counts(self, key: str, title: str) -> bool:
        added = [
            each for each in self.desk.labels if each.item == key and each.title == title and each.is_added
        ]
        author = added[-1].author
        assert author is not None
        return author.is_machine or author.username in PEOPLE

    def closed_by_people(self, key: str) -> bool:
        closings = [each for each in self.desk.states if each.item == key and not each.is_open]
        is_open = self.desk.item(key).is_open
        author = closings[-1].author if closings and not is_open else None
        return author is not None and (author.is_machine or author.username in PEOPLE)

    def done(self, key: str) -> bool:
        if key not in self.desk.world.by_key():
            return False
        shown = {f"ps-state::{state}" for state in ("done", "skipped")} & self.desk.item(key).labels
        return any(self.counts(key, title) for title in shown) or (bool(shown) and self.closed_by_people(key))

    def accepted(self) -> bool:
        labels = self.desk.item("sign-off").labels if "sign-off" in self.desk.world.by_key() else frozenset()
        given = {"ps-signoff::received", "ps-signoff::passive"} & labels
        skipped = "ps-state::skipped" in labels and self.done("sign-off")
        return skipped or any(self.counts("sign-off", title) for title in given)

    def may_leave(self, phase: str) -> bool:
        engagement, today = self.desk.engagement, self.desk.now.astimezone(self.desk.engagement.zone).date()
        won = engagement.closed_won_on
        return {
            "quote": lambda: won is not None and won <= today,
            "setup": lambda: self.done("welcome-email"),
            "kick-off": lambda: self.done("kick-off"),
            "intake": lambda: self.done("intake-aws"),
            "delivery": lambda: today >= date(2027, 2, 26),
            "wrap-up": lambda: (
                self.done("project-summary") and self.accepted() and self.done("financial-wrap-up")
            ),
            "post-mortem": lambda: self.done("post-mortem"),
        }.get(phase, lambda: False)()

    def life_from(self, phase: str) -> Iterator[str]:
        yield phase
        while phase in LIFE[:-1] and self.may_leave(phase):
            phase = LIFE[LIFE.index(phase) + 1]
            yield phase

    def last_phase_deed(self) -> tuple[str, str] | None:
        """Return who last touched the phase, and which phase that set; "" for one that was taken away."""
        events = [
            each for each in self.desk.labels if each.item == "epic" and each.title.startswith("ps-phase::")
        ]
        if not events or events[-1].author is None:
            return None
        added = [each for each in events if each.is_added]
        last = added[-1] if added and added[-1].title in self.desk.item("epic").labels else events[-1]
        assert last.author is not None
        return last.author.username, last.title.removeprefix("ps-phase::") if last.is_added else ""

    def allowed(self, before: str, held: str | None, deed: tuple[str, str] | None) -> set[str]:
        """Return the phases an engagement may be in, that was in *before*, after somebody's last *deed*."""
        ways = set(self.life_from(before))
        if deed is None:
            return ways
        name, phase = deed
        if name == "maria" and not ways & {"completed", "cancelled"}:
            ways |= {phase} & {"on-hold", "cancelled"}
        if name == "maria" and before == "on-hold":
            ways |= set(self.life_from(phase or held or before))
        if name in PEOPLE and phase == "wrap-up" and "delivery" in ways:
            ways |= set(self.life_from("wrap-up"))
        return ways


@settings(max_examples=examples(60), deadline=None)
@given(
    lives,
    st.sampled_from([date(2026, 11, 16), date(2026, 12, 20), None]),
    st.sampled_from([PROCESS, RESTORING]),
)
def test_advance_settles_at_once_and_makes_no_transition_without_its_guards(
    life: list[list[tuple[object, ...]]], won_on: date | None, process: Process
) -> None:
    desk = Desk(example(closed_won_on=won_on), process=process)
    desk.apply()
    held: str | None = None
    for deeds_of_a_run in life:
        for deed in deeds_of_a_run:
            do(desk, deed)
        before, oracle = accepted(desk), Oracle(desk)
        deed_of_phase = oracle.last_phase_deed()
        made = desk.advance()
        after = accepted(desk)
        assert after in oracle.allowed(before, held, deed_of_phase), made.findings
        held = before if after == "on-hold" != before else held
        assert desk.plan().is_empty, desk.plan().operations
        assert not [each for each in made.operations if isinstance(each, Retitle | Reschedule | Reassign)]
        _coherent(desk)


def _coherent(desk: Desk) -> None:
    for key, item in desk.world.by_key().items():
        scopes = [label.rpartition("::")[0] for label in item.labels]
        assert len(scopes) == len(set(scopes)), (key, item.labels)
        is_done = bool(item.labels & {"ps-state::done", "ps-state::skipped"})
        if key != "epic" and is_done == item.is_open:
            assert f"unauthorized-change:{key}" in desk.told(), (key, item.labels, item.is_open)
    open_keys = [item.key for item in desk.world.items if item.is_open]
    assert len(open_keys) == len(set(open_keys))
