"""Build the desired state: the items that should exist, with dates, text and initial labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from psbot.core.changes.form import ChangeRequestView, parse_requests, view_request
from psbot.core.changes.request import ChangeRequest
from psbot.core.desired.file_findings import collect_file_findings
from psbot.core.desired.raid_log import is_exposed_to_customer, parse_raid_entry
from psbot.core.desired.schedule import Context, ScheduledItem, build_item, schedule, schedule_on_demand
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
    """Renders the issue templates."""

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return template *name* filled with *facts*; text from the engagement is escaped."""

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

    *observed* tells only what GitLab alone knows (the phase, the dates that people have set), never what should
    exist; *histories* of items, by key, tell how long they waited for the customer. Text is rendered only for items
    to create and for managed sections.
    """
    context = Context(engagement, process, engagement.today(now))
    builder = _Builder.of(context, (observed or Snapshot()).by_key())
    facts = builder.template_facts(histories)
    is_phase_known = _is_phase_known(process, builder.observed_items.get(EPIC))
    items = {**builder.items, **builder.rendered(templates, facts, with_sections=is_phase_known)}
    return Desired(
        Snapshot(
            epic=items[EPIC],
            children=tuple(item for key, item in sorted(items.items()) if key != EPIC),
            labels=frozenset(spec.title for spec in process.catalogue.specs()),
        ),
        builder.due_now,
        tuple(collect_file_findings(engagement, process, context.today)),
        _sections_on_demand(context, builder.observed_items, facts, templates) if is_phase_known else {},
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    """The schedule of one engagement, its items before their text is rendered, and what GitLab has, all by key."""

    context: Context
    scheduled_items: Mapping[str, ScheduledItem]
    items: Mapping[str, Item]
    observed_items: Mapping[str, Item]
    due_now: frozenset[str]

    @classmethod
    def of(cls, context: Context, observed_items: Mapping[str, Item]) -> "_Builder":
        scheduled_items = schedule(context)
        epic = observed_items.get(EPIC)
        return cls(
            context,
            scheduled_items,
            {key: build_item(context, each) for key, each in scheduled_items.items()},
            observed_items,
            frozenset(
                key
                for key, each in scheduled_items.items()
                if each.is_due and not _is_creation_paused(context, each.kind, epic)
            ),
        )

    def template_facts(self, histories: Mapping[str, History | None]) -> dict[str, object]:
        """Return what templates can use."""
        inputs = WrapUpInput(
            self.context,
            self.scheduled_items,
            {
                key: ownership.with_kept_values(item, self.observed_items.get(key))
                for key, item in self.items.items()
            },
            self.observed_items,
            self.due_now,
            accepted_phase(self.observed_items.get(EPIC), self.context.process.workflow),
            histories,
        )
        facts = collect_template_facts(self.context, self.scheduled_items, self.items, self.observed_items)
        return facts | {"wrap_up": build_wrap_up(inputs)}

    def rendered(
        self, templates: Renderer, facts: Mapping[str, object], *, with_sections: bool
    ) -> dict[str, Item]:
        """Return the items that need a text: those to create, and with *with_sections* those with managed sections."""
        items: dict[str, Item] = {}
        for key, scheduled in self.scheduled_items.items():
            template = self.context.process.kinds[scheduled.kind].template
            is_missing = key in self.due_now and key not in self.observed_items
            if is_missing or (with_sections and templates.sections(template)):
                sign_off = read_sign_off(self.observed_items.get(key))
                text = templates.render(template, {**facts, "item": scheduled, "sign_off": sign_off})
                items[key] = _with_description(self.items[key], text, self.context.engagement, facts)
        return items


def _sections_on_demand(
    context: Context, observed_items: Mapping[str, Item], facts: Mapping[str, object], templates: Renderer
) -> dict[str, Mapping[str, str]]:
    """Return the managed sections of open items that were created on demand."""
    sections: dict[str, Mapping[str, str]] = {}
    requests = parse_requests(observed_items.values(), context.process.changes)
    for key, item in observed_items.items():
        kind = context.process.kinds.get(item.kind)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND or not item.is_open:
            continue
        if templates.sections(kind.template) and not is_exposed_to_customer(
            item, context.engagement, context.process
        ):
            own_facts = _on_demand_facts(context, item, requests.get(key))
            sections[key] = managed_sections(templates.render(kind.template, {**facts, **own_facts}))
    return sections


def _on_demand_facts(context: Context, item: Item, request: ChangeRequest | None) -> Mapping[str, object]:
    """Return what only the template of an item created on demand can use."""
    process, today = context.process, context.today
    number = item.key.rpartition("/")[2]
    created_on = context.engagement.today(item.created_at) if item.created_at else today
    scheduled = schedule_on_demand(
        process.kinds[item.kind], context, int(number) if number.isdigit() else 0, created_on
    )
    change = (
        view_request(item, request, context.engagement, process, today) if request else ChangeRequestView()
    )
    return {"item": scheduled, "change": change, "raised": parse_raid_entry(item, process)}


def _is_phase_known(process: Process, epic: Item | None) -> bool:
    """Tell whether the phase is known; otherwise managed sections stay, for they would show a guess."""
    if epic is None or accepted_phase(epic, process.workflow):
        return True
    return process.catalogue.value("phase", epic.labels) in process.workflow.phases


def _is_creation_paused(context: Context, kind: str, epic: Item | None) -> bool:
    """Tell whether items of *kind* are not created in this phase: none after the end, no occurrences on hold."""
    workflow = context.process.workflow
    accepted = accepted_phase(epic, workflow)
    if accepted is None:
        return False
    is_occurrence = context.process.kinds[kind].is_occurrence
    return accepted.phase in workflow.final_phases or (
        is_occurrence and accepted.phase in workflow.rules.resting_phases
    )


def _with_description(item: Item, text: str, engagement: Engagement, facts: Mapping[str, object]) -> Item:
    memory = ownership.field_memory(item)
    if item.is_epic:
        memory |= {"phase": str(facts["phase"]), "since": str(facts["phase_since_on"])}
    return replace(item, description=with_marker(text, Marker(engagement.key, item.key, memory)))
