"""What the runs under test begin with and should come to: engagements that are applied, and that are moved on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from psbot.core.model.engagement import Engagement
from psbot.errors import ExitCode
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.request_log import LoggedRequest
from psbot.sandbox.state.seed import sandbox_world
from psbot.sandbox.state.world import World
from tests.resilience import actions
from tests.resilience.checks import Dump, dumped, mentions_in
from tests.support.paths import ROOT
from tests.support.stage import engagement_of, kept, put_back, staged

NOW = datetime.fromisoformat("2026-11-30T09:00+01:00")
Texts = tuple[tuple[str, str], ...]

# Text of the file that would mention somebody, were it not made inert.
_MENTION: Texts = (("customer: Acme Corp", 'customer: "Acme @petra /close"'),)
_SLIPPED: Texts = (
    ("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-03"),
    ("on: tuesday", "on: thursday"),
    ("engineers: [paul, petra]", "engineers: [petra, paul]"),
    ("customer_contacts:", "skip: {welcome-email: sent by the account team}\ncustomer_contacts:"),
)
_AMENDED: Texts = (
    (
        "customer_contacts:",
        "amendments:\n  - {reference: CR-1, signed_on: 2026-11-27, hours: 40, ends_on: 2027-03-26}\n"
        "customer_contacts:",
    ),
)
_SHARED: Texts = (("  internal_project: acme/delivery/internal", "  internal: confidential-in-shared"),)
# A small engagement, for where there are very many runs.
_SMALL: Texts = (
    ('calls: {every: week, on: tuesday, at: "10:00", minutes: 45}\n', ""),
    ('standups: {every: day, at: "09:15"}\n', ""),
    (
        "customer_contacts:",
        "skip: {quote-to-sign-off: x, welcome-email: x, project-summary: x, financial-wrap-up: x}\ncustomer_contacts:",
    ),
)
_SMALL_CHANGED: Texts = (
    *_SMALL,
    ("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-03"),
    ("engineers: [paul, petra]", "engineers: [petra, paul]"),
    ("welcome-email: x, ", "post-mortem: x, "),
)

# Every field that follows the file is written: titles too.
_RENAMED: Texts = (*_SLIPPED, ("customer: Acme Corp", "customer: Acme Corporation"))

# Before and after; None for an engagement that is not there yet.
FILES: dict[str, tuple[Texts | None, Texts]] = {
    "plain": (None, ()),
    "new": (None, _MENTION),
    "changed": ((), _SLIPPED),
    "amended": ((), _AMENDED),
    "confidential": (_SHARED, (*_SHARED, *_SLIPPED)),
    "renamed": ((), _RENAMED),
    "small": (None, _SMALL),
    "small-changed": (_SMALL, _SMALL_CHANGED),
}
STALE = "stale"
STALE_NOW = datetime.fromisoformat("2026-12-03T09:00+01:00")


@dataclass(frozen=True)
class Chapter:
    """An engagement that is moved on: what was before, when, what people have done, and labels missing by then.

    Unless another command is named, it is moved on by ``advance``.
    """

    after: str
    day: str
    deeds: actions.Deeds
    lost: Sequence[str]
    command: str = "advance"


CHAPTERS = {
    "moving": Chapter(
        "plain", "2026-12-03", actions.begin, ("ps-phase::kick-off", "ps-state::done", "ps-health::yellow")
    ),
    "telling": Chapter("moving", "2026-12-17", actions.go_on, ("ps-phase::delivery", "ps-state::skipped")),
    "ending": Chapter("telling", "2027-03-12", actions.end, ("ps-phase::completed", "ps-health::yellow")),
    "asking": Chapter(
        "plain",
        "2026-12-03",
        actions.nothing,
        ("ps-kind::change-request", "ps-change::draft"),
        "change-request",
    ),
    "deciding": Chapter("asking", "2026-12-04", actions.decide, ("ps-instrument::change-order",)),
    "signing": Chapter("moving", "2026-12-10", actions.nothing, ("ps-signoff::sent",), "sign-off"),
    "standing": Chapter("moving", "2026-12-10", actions.nothing, ("ps-health::yellow",)),
}
APPLIED = ("new", "changed", "amended", "confidential")
ADVANCED = ("moving", "telling", "ending", "deciding")
RECORDED = ("asking", "signing")
NAMES = (*APPLIED, *ADVANCED, *RECORDED)
# Labels that are missing again when an engagement that exists is applied: one in use, one to close with, one neither.
_LOST = ("ps-kind::kick-off", "ps-state::skipped", "ps-health::yellow")


@dataclass(frozen=True)
class History:
    """Where a run begins, what it is asked for, what its requests are and what there is when nothing disturbs it."""

    name: str
    text: str
    engagement: Engagement
    start: bytes
    expected: Dump
    requests: tuple[LoggedRequest, ...]
    command: str = "apply"
    now: datetime = NOW
    end: bytes = b""
    mentions: tuple[str, ...] = ()

    def world(self) -> World:
        return put_back(self.start)


def text_of(texts: Texts) -> str:
    text = (ROOT / "examples" / "acme-aws.yml").read_text(encoding="utf-8")
    for before, after in texts:
        assert before in text, before
        text = text.replace(before, after)
    return text


@cache
def history(name: str) -> History:
    """Return a history by its name."""
    if name in CHAPTERS:
        return _chapter(name)
    if name == STALE:
        return _stale()
    before, after = FILES[name]
    return _undisturbed(name, text_of(after), _start(before), "apply", NOW)


def _undisturbed(name: str, text: str, start: bytes, command: str, now: datetime) -> History:
    engagement = engagement_of(text)
    with staged(put_back(start)) as stage:
        ended = stage.run(engagement, now, command)
        assert ended.exit_code is ExitCode.DONE, ended.exit_code
        requests = tuple(stage.gate.log.entries)
        expected = dumped(stage.world)
        stage.world.notifications.clear()
        end = kept(stage.world)
    return History(name, text, engagement, start, expected, requests, command, now, end)


def _chapter(name: str) -> History:
    """Return a run of advance; it begins where the run before it has ended."""
    chapter = CHAPTERS[name]
    now = datetime.fromisoformat(f"{chapter.day}T09:00+01:00")
    world = put_back(history(chapter.after).end)
    world.clock.set(now.astimezone(UTC) - timedelta(hours=1))
    chapter.deeds(world)
    _lose(world, chapter.lost)
    world.notifications.clear()
    return _undisturbed(name, text_of(()), kept(world), chapter.command, now)


def _stale() -> History:
    """Return a run of psbot stale: a finding comes, one has gone, and with it the digest that told of it."""
    text = text_of(())
    engagement = engagement_of(text)
    world = sandbox_world()
    with staged(world) as stage:
        for day, command in (("2026-11-23", "apply"), ("2026-11-30", "stale")):
            now = datetime.fromisoformat(f"{day}T09:00+01:00")
            world.clock.set(now)
            assert stage.run(engagement, now, command=command).exit_code is ExitCode.DONE
        (maria,) = (each for each in world.users.values() if each.username == "maria")
        (mail,) = (each for each in world.items.values() if " item=welcome-email " in each.description)
        update_item(world, maria, mail, ItemChange(is_open=False))
        world.clock.set(STALE_NOW)
        world.notifications.clear()
        start = kept(world)
    with staged(put_back(start)) as stage:
        assert stage.run(engagement, STALE_NOW, command="stale").exit_code is ExitCode.DONE
        requests, expected = tuple(stage.gate.log.entries), dumped(stage.world)
        mentions = mentions_in(stage.world)
    return History(STALE, text, engagement, start, expected, requests, "stale", STALE_NOW, mentions=mentions)


def _start(texts: Texts | None) -> bytes:
    world = sandbox_world()
    if texts is None:
        return kept(world)
    with staged(world) as stage:
        assert stage.run(engagement_of(text_of(texts)), NOW).exit_code is ExitCode.DONE
        _lose(world, _LOST)
        world.notifications.clear()
        return kept(world)


def _lose(world: World, titles: Sequence[str]) -> None:
    for title in titles:
        (label,) = world.labels_with_title(title)
        world.remove_label(label)


def changed_by(history: History, change: Callable[[World], None]) -> bytes:
    """Return the start of *history* with a person's *change* in it."""
    world = history.world()
    change(world)
    return kept(world)
