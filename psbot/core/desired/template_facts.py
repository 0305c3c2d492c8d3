"""The facts that issue templates can use, by name: the engagement, its phase and health, lists for the epic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from psbot.core.changes.form import ChangeRequestView
from psbot.core.desired.action_table import Action
from psbot.core.desired.intake import build_intake
from psbot.core.desired.raid_log import RaidEntry, build_raid_sections
from psbot.core.desired.schedule import Context, ScheduledItem, build_item, fill_pattern, schedule
from psbot.core.desired.wrap_up import WrapUp
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, PlaceKind
from psbot.core.records import ownership
from psbot.core.records.phase import accepted_phase
from psbot.core.records.sign_off import SignOff
from psbot.core.text.escape import plain_number

MAX_CHART_ROWS = 20


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One row of the epic's timeline; without an end it is a milestone."""

    name: str
    start_on: date
    end_on: date | None = None


def build_template_facts(context: Context, observed: Snapshot | None = None) -> dict[str, object]:
    """Return what every template can use besides its own ``item``."""
    scheduled_items = schedule(context)
    items = {key: build_item(context, each) for key, each in scheduled_items.items()}
    return collect_template_facts(context, scheduled_items, items, (observed or Snapshot()).by_key())


def collect_template_facts(
    context: Context,
    scheduled_items: Mapping[str, ScheduledItem],
    items: Mapping[str, Item],
    observed_items: Mapping[str, Item],
) -> dict[str, object]:
    """Return the facts that templates can use; values that people keep in GitLab take precedence over the file."""
    effective = {
        key: ownership.with_kept_values(item, observed_items.get(key)) for key, item in items.items()
    }
    return _context_facts(context, observed_items) | _overview_facts(context, scheduled_items, effective)


def _context_facts(context: Context, observed_items: Mapping[str, Item]) -> dict[str, object]:
    engagement, today = context.engagement, context.today
    phase, since = _phase_and_start(context, observed_items.get(EPIC))
    return {
        "engagement": engagement,
        "ends_on": context.ends_on,
        "hours": plain_number(engagement.hours_sold(today)),
        "signed_amendments": engagement.signed_amendments(today),
        "phase": phase,
        "phase_since_on": since,
        "health": _health(context, observed_items),
        "intake": build_intake(context),
        "contact_roles": context.process.contact_roles,
        "sign_off": SignOff(),
        "change": ChangeRequestView(),
        "raised": RaidEntry(),
        "action": Action(),
        "chapters": build_raid_sections(observed_items, context.process),
        "wrap_up": WrapUp(),
    }


def _phase_and_start(context: Context, epic: Item | None) -> tuple[str, date]:
    """Return the phase and its first day: the accepted one, or else the one of the label, or else the initial one."""
    workflow = context.process.workflow
    if accepted := accepted_phase(epic, workflow):
        return accepted.phase, accepted.since
    shown = context.process.catalogue.value("phase", epic.labels) if epic else None
    return shown or (workflow.won_phase if context.is_won else workflow.quote_phase), context.today


def _health(context: Context, observed_items: Mapping[str, Item]) -> str | None:
    kind = next(iter(context.process.log_kinds), None)
    if kind is None:
        return None
    log = observed_items.get(kind.item)
    shown = context.process.catalogue.value("health", log.labels) if log else None
    return shown or kind.seeds["health"]


def _overview_facts(
    context: Context, scheduled_items: Mapping[str, ScheduledItem], effective: Mapping[str, Item]
) -> dict[str, object]:
    """Return what the epic's overview shows, by date: the shared single items, and the timeline."""
    kinds = context.process.kinds
    shared = [
        item
        for key, item in effective.items()
        if kinds[item.kind].place is PlaceKind.SHARED
        and not kinds[item.kind].is_occurrence
        and scheduled_items[key].is_due
    ]
    rows = [
        _chart_row(context, scheduled_items[key], item)
        for key, item in effective.items()
        if kinds[item.kind].chart
    ]
    timeline = sorted(
        (row for row in rows if row), key=lambda row: (row.start_on, row.end_on is None, row.name)
    )
    return {
        "shared_items": tuple(sorted(shared, key=lambda item: (item.due_on or date.max, item.key))),
        "timeline": tuple(timeline[:MAX_CHART_ROWS]),
    }


def _chart_row(context: Context, scheduled: ScheduledItem, item: Item) -> ChartRow | None:
    name = fill_pattern(context.process.kinds[item.kind].chart or "", scheduled, context.engagement).strip()
    if item.start_on and item.due_on:
        return ChartRow(name, item.start_on, item.due_on)
    return ChartRow(name, item.due_on) if item.due_on else None
