"""Engagement, process and now → the items that should exist, with dates, words and first labels."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from psbot.core.changes.form import ChangeRequestView, parse_requests, view_request
from psbot.core.changes.request import ChangeRequest
from psbot.core.desired.file_findings import collect_file_findings
from psbot.core.desired.raid_log import is_visible_to_customer, parse_raid_entry
from psbot.core.desired.schedule import Context, build_item, schedule, schedule_on_demand
from psbot.core.desired.template_facts import collect_template_facts
from psbot.core.desired.wrap_up import WrapUpInput, build_wrap_up
from psbot.core.model.engagement import Engagement
from psbot.core.model.history import History
from psbot.core.model.item import Desired, Item, Snapshot
from psbot.core.model.process import EPIC, Process, Repeat
from psbot.core.records import ownership
from psbot.core.records.phase import accepted_phase
from psbot.core.records.sign_off import read_sign_off
from psbot.core.text.marker import Marker, managed_sections, with_marker


class Renderer(Protocol):
    """The templates."""

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return template *name* filled with *facts*, everything from the engagement made inert."""

    def sections(self, name: str) -> frozenset[str]:
        """Return the names of the managed sections of template *name*."""


def build_desired(
    engagement: Engagement,
    process: Process,
    now: datetime,
    templates: Renderer,
    observed: Snapshot | None = None,
    *,
    histories: Mapping[str, History | None] = MappingProxyType({}),
) -> Desired:
    """Return what should exist for *engagement* at *now*.

    *observed* is asked for what only GitLab knows (the phase, the dates people have set), never for what
    should exist; *histories* of items, by key, for how long the customer was waited for. Words are written only for
    items that are to be made and for managed sections.
    """
    situation = Context(engagement, process, engagement.today(now))
    found = (observed or Snapshot()).by_key()
    outlines = schedule(situation)
    due_now = {
        key
        for key, draft in outlines.items()
        if draft.is_due and not _is_creation_paused(situation, draft.kind, found.get(EPIC))
    }
    items = {key: build_item(situation, draft) for key, draft in outlines.items()}
    known = collect_template_facts(situation, outlines, items, found)
    effective = {key: ownership.with_kept_values(item, found.get(key)) for key, item in items.items()}
    phase = accepted_phase(found.get(EPIC), process.workflow)
    known["wrap_up"] = build_wrap_up(
        WrapUpInput(situation, outlines, effective, found, frozenset(due_now), phase, histories)
    )
    is_clear = _is_phase_known(process, found.get(EPIC))
    for key, draft in outlines.items():
        template = process.kinds[draft.kind].template
        if (key in due_now and key not in found) or (is_clear and templates.sections(template)):
            text = templates.render(
                template, known | {"item": draft, "sign_off": read_sign_off(found.get(key))}
            )
            items[key] = _with_description(items[key], text, engagement, known)
    return Desired(
        Snapshot(
            epic=items[EPIC],
            children=tuple(item for key, item in sorted(items.items()) if key != EPIC),
            labels=frozenset(spec.title for spec in process.catalogue.specs()),
        ),
        frozenset(due_now),
        tuple(collect_file_findings(engagement, process, situation.today)),
        _sections_on_demand(situation, found, known, templates) if is_clear else {},
    )


def _sections_on_demand(
    context: Context, observed_items: Mapping[str, Item], facts: Mapping[str, object], templates: Renderer
) -> dict[str, Mapping[str, str]]:
    """Return the managed sections of open items that people have asked for."""
    written: dict[str, Mapping[str, str]] = {}
    requests = parse_requests(observed_items.values(), context.process.changes)
    for key, item in observed_items.items():
        kind = context.process.kinds.get(item.kind)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND or not item.is_open:
            continue
        if templates.sections(kind.template) and not is_visible_to_customer(
            item, context.engagement, context.process
        ):
            asked = _on_demand_facts(context, item, requests.get(key))
            written[key] = managed_sections(templates.render(kind.template, {**facts, **asked}))
    return written


def _on_demand_facts(context: Context, item: Item, request: ChangeRequest | None) -> Mapping[str, object]:
    """Return what the template of an item that somebody has asked for may use besides what all may."""
    process, today = context.process, context.today
    number = item.key.rpartition("/")[2]
    opened_on = context.engagement.today(item.created_at) if item.created_at else today
    draft = schedule_on_demand(
        process.kinds[item.kind], context, int(number) if number.isdigit() else 0, opened_on
    )
    change = (
        view_request(item, request, context.engagement, process, today) if request else ChangeRequestView()
    )
    return {"item": draft, "change": change, "raised": parse_raid_entry(item, process)}


def _is_phase_known(process: Process, epic: Item | None) -> bool:
    """Tell whether the phase is known; else managed sections stay: they would name a guess, and since today."""
    if epic is None or accepted_phase(epic, process.workflow):
        return True
    return process.catalogue.value("phase", epic.labels) in process.workflow.phases


def _is_creation_paused(context: Context, kind: str, epic: Item | None) -> bool:
    """Tell whether items of *kind* are not made now: nothing after the end, and no occurrences while work rests."""
    workflow = context.process.workflow
    known = accepted_phase(epic, workflow)
    if known is None:
        return False
    is_occurrence = context.process.kinds[kind].is_occurrence
    return known.phase in workflow.final_phases or (
        is_occurrence and known.phase in workflow.rules.resting_phases
    )


def _with_description(item: Item, text: str, engagement: Engagement, facts: Mapping[str, object]) -> Item:
    memory = ownership.field_memory(item)
    if item.is_epic:
        memory |= {"phase": str(facts["phase"]), "since": str(facts["phase_since_on"])}
    return replace(item, description=with_marker(text, Marker(engagement.key, item.key, memory)))
