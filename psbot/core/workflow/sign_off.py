"""Records what a person reports about an acceptance: the sign-off's label, its dates and its proof."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.desired.build import Renderer
from psbot.core.desired.schedule import Context, ScheduledItem, schedule
from psbot.core.desired.template_facts import build_template_facts
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import replace_in_scope
from psbot.core.model.operations import CreateLabel, Operation, Redescribe, Relabel
from psbot.core.model.workflow import AcceptancePolicy
from psbot.core.plan.plan import Plan, sort_operations
from psbot.core.records.sign_off import SignOff, read_sign_off, with_sign_off
from psbot.core.text import marker
from psbot.core.text.escape import is_same_text
from psbot.core.workflow.acceptance import last_day_to_object
from psbot.core.workflow.guards import ACCEPTED


@dataclass(frozen=True, slots=True)
class SignOffEntry:
    """What to record: dates, where the proof is, and for which milestone, by its name or key."""

    sent: date | None = None
    received: date | None = None
    objected: date | None = None
    proof: str | None = None
    milestone: str | None = None

    @property
    def days(self) -> dict[str, date]:
        """Return the given dates, by what happened on them."""
        days = {"sent": self.sent, "received": self.received, "objected": self.objected}
        return {name: day for name, day in days.items() if day}


@dataclass(frozen=True, slots=True)
class SignOffUpdate:
    """A sign-off as it is, and the entry to record; ``value`` is the value of its label."""

    context: Context
    acceptance: AcceptancePolicy
    item: Item
    value: str | None
    entry: SignOffEntry

    @property
    def record(self) -> SignOff:
        """Return what is recorded, without answers that the label no longer shows."""
        recorded, acceptance = read_sign_off(self.item), self.acceptance
        return replace(
            recorded,
            received=recorded.received if self.value == acceptance.received else None,
            passive=recorded.passive if self.value == acceptance.passive else None,
            objected=recorded.objected if self.value == acceptance.objected else None,
        )

    @property
    def is_accepted(self) -> bool:
        """Tell whether the customer has accepted."""
        return self.value in self.acceptance.accepted

    @property
    def is_already_recorded(self) -> bool:
        """Tell whether the day of the request is recorded already, so that no new period starts."""
        return self.entry.sent is None or (self.entry.sent == self.record.sent and self.value is not None)


def sign_offs(context: Context) -> list[ScheduledItem]:
    """Return the sign-offs of an engagement, in order of their keys."""
    conditions = context.process.workflow.rules.conditions()
    kinds = {each.argument for each in conditions if each.guard == ACCEPTED}
    return [item for _, item in sorted(schedule(context).items()) if item.kind in kinds]


def problems_with(update: SignOffUpdate) -> Iterator[str]:
    """Yield why the entry cannot be recorded: it contradicts the calendar or what is recorded."""
    sent = update.entry.sent or update.record.sent
    for name, day in update.entry.days.items():
        yield from _check_day(update, name, day, None if name == "sent" else sent)
    if not update.is_already_recorded:
        yield from _check_request(update)
    if update.entry.objected:
        yield from _check_objection(update, sent)


def _check_day(update: SignOffUpdate, name: str, day: date, sent: date | None) -> Iterator[str]:
    item, objected = update.item, update.record.objected
    what = f"it cannot have been {name} on {day}"
    created_on = update.context.engagement.today(item.created_at) if item.created_at else day
    if day > update.context.today:
        yield f"{what}: that day is in the future"
    if day < created_on:
        yield f"{what}: {item.key} was created on {created_on}"
    if sent and day < sent:
        yield f"{what}: it was sent on {sent}"
    if name == "received" and objected and day < objected:
        yield f"{what}: the customer objected on {objected}"


def _check_request(update: SignOffUpdate) -> Iterator[str]:
    sent, record = update.entry.sent, update.record
    if update.is_accepted:
        yield f"{update.item.key} is already {update.value}; if that is wrong, remove the label first"
    objections = [each.objected for each in record.earlier] + ([record.objected] if record.objected else [])
    if sent and objections and sent < max(objections):
        yield f"the customer objected on {max(objections)}; send the new request on that day or later"


def _check_objection(update: SignOffUpdate, sent: date | None) -> Iterator[str]:
    acceptance, objected = update.acceptance, update.entry.objected
    if update.value == acceptance.received:
        yield f"{update.item.key} is already {update.value}; handle a later objection as a change request"
    if sent is None and update.value is None:
        yield f"{update.item.key} was not sent yet; add the day it was sent"
    if sent and objected:
        last = last_day_to_object(sent, update.context.engagement.workdays, acceptance.passive_after)
        if objected > last:
            yield f"the objection on {objected} is too late: the acceptance period ended on {last}"


def record_sign_off(update: SignOffUpdate, observed: Snapshot, templates: Renderer) -> Plan:
    """Return the plan that records the entry: the label, and dates and proof in marker and section."""
    engagement, process, item = update.context.engagement, update.context.process, update.item
    record, value = _apply_entry(update)
    title = process.catalogue.title("signoff", value)
    dates = [f"{name} on {day}" for name, day in update.entry.days.items()]
    reason = f"recorded as {' and '.join(dates)}" if dates else "proof recorded"
    decided: list[Operation] = [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title == title and title not in observed.labels
    ]
    if not (delta := replace_in_scope(item.labels, title)).is_empty:
        decided.append(Relabel(item, delta, reason))
    after = with_sign_off(item, record, engagement.key)
    sections = _updated_sections(update, after, observed, templates)
    if after.description != item.description or sections:
        decided.append(Redescribe(item, sections, str(after.marker), reason))
    return Plan(engagement.key, sort_operations(decided))


def _apply_entry(update: SignOffUpdate) -> tuple[SignOff, str]:
    """Return what is recorded afterwards, and the value of the label."""
    entry, record, acceptance = update.entry, update.record, update.acceptance
    value = update.value or acceptance.sent
    if not update.is_already_recorded and entry.sent:
        record = (
            replace(record, sent=entry.sent)
            if update.value == acceptance.sent
            else record.requested_again(entry.sent)
        )
        value = acceptance.sent
    if entry.received:
        record, value = record.with_answer("received", entry.received), acceptance.received
    if entry.objected:
        record, value = record.with_answer("objected", entry.objected), acceptance.objected
    return replace(record, proof=entry.proof or record.proof), value


def _updated_sections(
    update: SignOffUpdate, after: Item, observed: Snapshot, templates: Renderer
) -> dict[str, str]:
    sign_off = next(each for each in sign_offs(update.context) if each.key == after.key)
    template = update.context.process.kinds[sign_off.kind].template
    facts = build_template_facts(update.context, observed) | {
        "item": sign_off,
        "sign_off": read_sign_off(after),
    }
    present, damaged = marker.managed_sections(after.description), marker.damaged_sections(after.description)
    desired = marker.managed_sections(templates.render(template, facts))
    return {
        name: text
        for name, text in desired.items()
        if name not in damaged and not is_same_text(present.get(name, ""), text)
    }
