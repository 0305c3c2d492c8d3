"""What a person tells of an acceptance → the sign-off's label, days and proof."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.desired.build import Words
from psbot.core.desired.schedule import Draft, Situation, drafts
from psbot.core.desired.template_facts import facts
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import settle
from psbot.core.model.operations import CreateLabel, Operation, Redescribe, Relabel
from psbot.core.model.workflow import Acceptance
from psbot.core.plan.plan import Plan, in_order
from psbot.core.records.sign_off import SignOff, recorded, recording
from psbot.core.text import marker as markers
from psbot.core.workflow.acceptance import accepted_on
from psbot.core.workflow.guards import ACCEPTED


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: days, where the proof is, and of which milestone, by its name or key."""

    sent: date | None = None
    received: date | None = None
    objected: date | None = None
    proof: str | None = None
    milestone: str | None = None

    @property
    def days(self) -> dict[str, date]:
        """Return the days that are given, by what happened on them."""
        days = {"sent": self.sent, "received": self.received, "objected": self.objected}
        return {name: day for name, day in days.items() if day}


@dataclass(frozen=True, slots=True)
class Signing:
    """One sign-off as it is, and what is told of it; ``value`` is what its label says."""

    situation: Situation
    acceptance: Acceptance
    item: Item
    value: str | None
    entry: Entry

    @property
    def record(self) -> SignOff:
        """Return what is recorded, without answers that the label says no more."""
        known, acceptance = recorded(self.item), self.acceptance
        return replace(
            known,
            received=known.received if self.value == acceptance.received else None,
            passive=known.passive if self.value == acceptance.passive else None,
            objected=known.objected if self.value == acceptance.objected else None,
        )

    @property
    def is_accepted(self) -> bool:
        """Tell whether the customer has accepted."""
        return self.value in self.acceptance.accepted

    @property
    def is_known(self) -> bool:
        """Tell whether the day of the request is recorded already, so that it starts nothing anew."""
        return self.entry.sent is None or (self.entry.sent == self.record.sent and self.value is not None)


def sign_offs(situation: Situation) -> list[Draft]:
    """Return the sign-offs of an engagement, by key."""
    conditions = situation.process.workflow.table.conditions()
    kinds = {each.argument for each in conditions if each.guard == ACCEPTED}
    return [draft for _, draft in sorted(drafts(situation).items()) if draft.kind in kinds]


def refusals(signing: Signing) -> Iterator[str]:
    """Yield why what is told cannot be so."""
    sent = signing.entry.sent or signing.record.sent
    for name, day in signing.entry.days.items():
        yield from _of_day(signing, name, day, None if name == "sent" else sent)
    if not signing.is_known:
        yield from _of_request(signing)
    if signing.entry.objected:
        yield from _of_objection(signing, sent)


def _of_day(signing: Signing, name: str, day: date, sent: date | None) -> Iterator[str]:
    item, objected = signing.item, signing.record.objected
    what = f"it cannot have been {name} on {day}"
    made_on = signing.situation.engagement.today(item.made_at) if item.made_at else day
    if day > signing.situation.today:
        yield f"{what}, which is still to come"
    if day < made_on:
        yield f"{what}: {item.key} was made on {made_on}"
    if sent and day < sent:
        yield f"{what}, before it was sent on {sent}"
    if name == "received" and objected and day < objected:
        yield f"{what}: the customer objected on {objected}"


def _of_request(signing: Signing) -> Iterator[str]:
    sent, record = signing.entry.sent, signing.record
    if signing.is_accepted:
        yield f"{signing.item.key} is {signing.value} already; take the label away first if that was wrong"
    objections = [each.objected for each in record.earlier] + ([record.objected] if record.objected else [])
    if sent and objections and sent < max(objections):
        yield f"the customer objected on {max(objections)}; a new request is sent on that day or later"


def _of_objection(signing: Signing, sent: date | None) -> Iterator[str]:
    acceptance, objected = signing.acceptance, signing.entry.objected
    if signing.value == acceptance.received:
        yield f"{signing.item.key} is {signing.value}; an objection after that is a matter of a change request"
    if sent is None and signing.value is None:
        yield f"nothing was sent of {signing.item.key} that the customer could object to; add the day it was sent"
    if sent and objected:
        last = accepted_on(sent, signing.situation.engagement.workdays, acceptance.passive_after)
        if objected > last:
            yield f"an objection on {objected} is too late: it was accepted at the end of {last}"


def signed(signing: Signing, observed: Snapshot, words: Words) -> Plan:
    """Return the operations that record what is told: the label, and days and proof in marker and section."""
    situation, item = signing.situation, signing.item
    engagement, process = situation.engagement, situation.process
    record, value = _entered(signing)
    title = process.catalogue.title("signoff", value)
    told = [f"{name} on {day}" for name, day in signing.entry.days.items()]
    reason = f"somebody says that it was {' and '.join(told)}"
    decided: list[Operation] = [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title == title and title not in observed.labels
    ]
    if not (delta := settle(item.labels, title)).is_empty:
        decided.append(Relabel(item, delta, reason))
    after = recording(item, record, engagement.key)
    sections = _sections(signing, after, observed, words)
    if after.description != item.description or sections:
        decided.append(Redescribe(item, sections, str(after.marker), reason))
    return Plan(engagement.key, in_order(decided))


def _entered(signing: Signing) -> tuple[SignOff, str]:
    """Return what is recorded then, and the value of the label."""
    entry, record, acceptance = signing.entry, signing.record, signing.acceptance
    value = signing.value or acceptance.sent
    if not signing.is_known and entry.sent:
        record = (
            replace(record, sent=entry.sent)
            if signing.value == acceptance.sent
            else record.resent(entry.sent)
        )
        value = acceptance.sent
    if entry.received:
        record, value = record.answered("received", entry.received), acceptance.received
    if entry.objected:
        record, value = record.answered("objected", entry.objected), acceptance.objected
    return replace(record, proof=entry.proof or record.proof), value


def _sections(signing: Signing, after: Item, observed: Snapshot, words: Words) -> dict[str, str]:
    draft = next(each for each in sign_offs(signing.situation) if each.key == after.key)
    template = signing.situation.process.kinds[draft.kind].template
    known = facts(signing.situation, observed) | {"item": draft, "sign_off": recorded(after)}
    have, broken = markers.sections(after.description), markers.damaged(after.description)
    wanted = markers.sections(words.render(template, known))
    return {name: text for name, text in wanted.items() if name not in broken and have.get(name) != text}
