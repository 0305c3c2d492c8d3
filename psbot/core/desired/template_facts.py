"""Template facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from psbot.core.changes.form import Change
from psbot.core.desired.action_table import Action
from psbot.core.desired.intake import _intake
from psbot.core.desired.raid_log import Raised, chapters
from psbot.core.desired.schedule import Draft, Situation, drafts, fill, outlined
from psbot.core.desired.wrap_up import WrapUp
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, PlaceKind
from psbot.core.records import ownership
from psbot.core.records.phase import accepted
from psbot.core.records.sign_off import SignOff

LONGEST_TIMELINE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the timeline; without an end it is a point in time."""

    name: str
    start_on: date
    end_on: date | None = None


def facts(situation: Situation, observed: Snapshot | None = None) -> dict[str, object]:
    """Return what every template may use besides its own ``item``."""
    outlines = drafts(situation)
    items = {key: outlined(situation, draft) for key, draft in outlines.items()}
    return _facts(situation, outlines, items, (observed or Snapshot()).by_key())


def _facts(
    situation: Situation, outlines: Mapping[str, Draft], items: Mapping[str, Item], found: Mapping[str, Item]
) -> dict[str, object]:
    effective = {key: ownership.effective(item, found.get(key)) for key, item in items.items()}
    return _situation_facts(situation, found) | _overview(situation, outlines, effective)


def _situation_facts(situation: Situation, found: Mapping[str, Item]) -> dict[str, object]:
    engagement, today = situation.engagement, situation.today
    phase, since = _standing(situation, found.get(EPIC))
    return {
        "engagement": engagement,
        "ends_on": situation.ends_on,
        "hours": _plain(engagement.hours(today)),
        "signed_amendments": engagement.signed_amendments(today),
        "phase": phase,
        "phase_since_on": since,
        "health": _health(situation, found),
        "intake": _intake(situation),
        "contact_roles": situation.process.contact_roles,
        "sign_off": SignOff(),
        "change": Change(),
        "raised": Raised(),
        "action": Action(),
        "chapters": chapters(found, situation.process),
        "wrap_up": WrapUp(),
    }


def _plain(hours: float) -> float | int:
    return int(hours) if hours == int(hours) else hours


def _standing(situation: Situation, epic: Item | None) -> tuple[str, date]:
    """Return the phase and since when: what psbot has accepted, else what the label shows, else the first."""
    workflow = situation.process.workflow
    if known := accepted(epic, workflow):
        return known.phase, known.since
    shown = situation.process.catalogue.value("phase", epic.labels) if epic else None
    return shown or (workflow.won_phase if situation.is_won else workflow.quote_phase), situation.today


def _health(situation: Situation, found: Mapping[str, Item]) -> str | None:
    seeding = [kind for kind in situation.process.kinds.values() if "health" in kind.seeds]
    if not seeding:
        return None
    log = found.get(seeding[0].item)
    shown = situation.process.catalogue.value("health", log.labels) if log else None
    return shown or seeding[0].seeds["health"]


def _overview(
    situation: Situation, outlines: Mapping[str, Draft], effective: Mapping[str, Item]
) -> dict[str, object]:
    """Return what the epic's overview lists: shared single items, and the timeline, by date."""
    kinds = situation.process.kinds
    shared = [
        item
        for key, item in effective.items()
        if kinds[item.kind].place is PlaceKind.SHARED
        and not kinds[item.kind].is_occurrence
        and outlines[key].is_due
    ]
    rows = [_row(situation, outlines[key], item) for key, item in effective.items() if kinds[item.kind].chart]
    timeline = sorted(
        (row for row in rows if row), key=lambda row: (row.start_on, row.end_on is None, row.name)
    )
    return {
        "shared_items": tuple(sorted(shared, key=lambda item: (item.due_on or date.max, item.key))),
        "timeline": tuple(timeline[:LONGEST_TIMELINE]),
    }


def _row(situation: Situation, draft: Draft, item: Item) -> Row | None:
    name = fill(situation.process.kinds[item.kind].chart or "", draft, situation.engagement).strip()
    if item.start_on and item.due_on:
        return Row(name, item.start_on, item.due_on)
    return Row(name, item.due_on) if item.due_on else None
