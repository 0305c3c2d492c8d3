"""Runs the acceptance clock: a sign-off that was sent and not objected to in time is accepted passively."""

from datetime import date, datetime

from psbot.core.model.calendar import Workdays
from psbot.core.model.facts import ActorRole, Facts
from psbot.core.model.item import Item
from psbot.core.model.workflow import AcceptancePolicy
from psbot.core.records.sign_off import SignOff, read_sign_off, with_sign_off
from psbot.core.workflow.permission import report_unauthorized, require_authorized
from psbot.core.workflow.progress import Progress

_RECORDING_REASON = "psbot records the sign-off dates"


def last_day_to_object(sent_on: date, workdays: Workdays, business_days: int) -> date:
    """Return the last day of the acceptance period; day 1 is the day sent, or the next business day."""
    return workdays.after(workdays.on_or_after(sent_on), business_days - 1)


def run_acceptance_clock(progress: Progress) -> Progress:
    """Accept sign-offs passively whose period has ended, and record the days of requests and answers."""
    acceptance = progress.facts.process.workflow.rules.acceptance
    if acceptance is None:
        return progress
    answers = {getattr(acceptance, name): name for name in ("received", "passive", "objected")}
    for _, item in sorted(progress.facts.observed.by_key().items()):
        value = progress.facts.process.catalogue.value("signoff", item.labels)
        if value == acceptance.sent:
            progress = _run_clock(progress, item, acceptance)
        elif value in answers:
            progress = _record_answer(progress, item, str(value), answers[value])
    return progress


def _run_clock(progress: Progress, item: Item, acceptance: AcceptancePolicy) -> Progress:
    facts, sent = progress.facts, acceptance.sent
    actor = facts.labelled_by(item, [facts.process.catalogue.title("signoff", sent)])
    verdict = require_authorized(actor, item, "signoff", sent)
    if verdict.holds is None:
        return progress.with_unknown(verdict.reason, item, verdict.needs)
    if not verdict.holds:
        return report_unauthorized(progress, verdict.unauthorized_changes)
    since = request_sent_on(item, facts)
    last = last_day_to_object(since, facts.engagement.workdays, acceptance.passive_after)
    record = read_sign_off(item)
    if record.sent != since or record.objected or record.accepted_on:
        record = record.requested_again(since)
    progress = progress.with_needs(verdict.needs)
    if facts.today <= last:
        return _update_record(progress, item, record)
    reason = f"sent on {since}, no objection by the end of business day {acceptance.passive_after} ({last})"
    progress = progress.with_label(item, "signoff", acceptance.passive, reason)
    return _update_record(progress, progress.current(item), record.with_answer("passive", last))


def _record_answer(progress: Progress, item: Item, value: str, answer: str) -> Progress:
    """Record the day of an answer that a person set as a label; the rules that use it check who may."""
    record, facts = read_sign_off(item), progress.facts
    if getattr(record, answer) is not None:
        return progress
    actor = facts.labelled_by(item, [facts.process.catalogue.title("signoff", value)])
    progress = progress.with_needs(actor.needs)
    if not actor.is_authorized or actor.at is None:
        return progress
    acceptance = facts.process.workflow.rules.acceptance
    titles = [facts.process.catalogue.title("signoff", acceptance.sent)] if acceptance else []
    history = facts.history(item)
    sent = history.last_label_event(titles) if history else None
    if record.sent is None and sent and sent.at <= actor.at and facts.actor_of(sent).is_authorized:
        record = record.requested_again(facts.engagement.today(sent.at))  # no run saw the request itself
    return _update_record(progress, item, record.with_answer(answer, facts.engagement.today(actor.at)))


def _update_record(progress: Progress, item: Item, record: SignOff) -> Progress:
    if read_sign_off(item) == record:
        return progress
    return progress.with_item(with_sign_off(item, record, progress.facts.engagement.key), _RECORDING_REASON)


def request_sent_on(item: Item, facts: Facts) -> date:
    """Return the day of the request: the one in the marker, or else the one on which the label was set.

    A request that is sent again after an objection starts anew: the marker then holds the day of the previous one.
    """
    at, ended_at = _request_times(item, facts)
    remembered = read_sign_off(item).sent
    if remembered and (ended_at is None or facts.engagement.today(ended_at) <= remembered):
        return remembered
    return facts.engagement.today(at or facts.now)


def _request_times(item: Item, facts: Facts) -> tuple[datetime | None, datetime | None]:
    """Return when the request was sent and when the previous one had ended; None if unknown or not the case.

    If psbot restores a label that an outsider removed, the clock continues.
    """
    acceptance, history = facts.process.workflow.rules.acceptance, facts.history(item)
    title = facts.process.catalogue.title("signoff", acceptance.sent) if acceptance else ""
    at = ended_at = removed_at = None
    is_removed_by_outsider = False
    for event in sorted(history.labels if history else (), key=lambda each: each.at):
        if event.title != title:
            continue
        role = facts.actor_of(event).role
        if not event.is_added:
            removed_at, is_removed_by_outsider = event.at, role is ActorRole.OUTSIDER
        elif at is None or not (is_removed_by_outsider and role is ActorRole.MACHINE):
            at, ended_at = event.at, removed_at
    return at, ended_at
