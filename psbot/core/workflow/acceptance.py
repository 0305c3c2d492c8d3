"""The acceptance clock: a sign-off that was sent, and to which nobody objects in time, is accepted."""

from collections.abc import Iterable
from datetime import date, datetime

from psbot.core.model.calendar import Workdays
from psbot.core.model.facts import ActorRole, Facts
from psbot.core.model.history import LabelEvent
from psbot.core.model.item import Item
from psbot.core.model.workflow import AcceptancePolicy
from psbot.core.records.sign_off import SignOff, read_sign_off, with_sign_off
from psbot.core.workflow.permission import report_unauthorized, require_authorized
from psbot.core.workflow.progress import Progress

_RECORDING_REASON = "psbot records the days of the sign-off"


def last_day_to_object(sent_on: date, workdays: Workdays, business_days: int) -> date:
    """Return the day at whose end silence is acceptance; the day sent is day 1, or else the next business day."""
    return workdays.after(workdays.on_or_after(sent_on), business_days - 1)


def run_acceptance_clock(progress: Progress) -> Progress:
    """Return the progress after which sign-offs whose time is over are accepted passively, and days are recorded."""
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
    hand = facts.labelled_by(item, [facts.process.catalogue.title("signoff", sent)])
    answer = require_authorized(hand, item, "signoff", f"{item.key} is {sent}")
    if answer.holds is None:
        return progress.with_unknown(answer.reason, item, answer.needs)
    if not answer.holds:
        return report_unauthorized(progress, answer.unauthorized_changes)
    since = request_sent_on(item, facts)
    last = last_day_to_object(since, facts.engagement.workdays, acceptance.passive_after)
    record = read_sign_off(item)
    if record.sent != since or record.objected or record.accepted_on:
        record = record.requested_again(since)
    progress = progress.with_needs(answer.needs)
    if facts.today <= last:
        return _update_record(progress, item, record)
    reason = (
        f"sent on {since}, and nobody objected by the end of business day {acceptance.passive_after}, {last}"
    )
    progress = progress.with_label(item, "signoff", acceptance.passive, reason)
    return _update_record(progress, progress.current(item), record.with_answer("passive", last))


def _record_answer(progress: Progress, item: Item, value: str, answer: str) -> Progress:
    """Record the day of an answer that somebody has set by hand; who may not do that is judged where it matters."""
    record, facts = read_sign_off(item), progress.facts
    if getattr(record, answer) is not None:
        return progress
    hand = facts.labelled_by(item, [facts.process.catalogue.title("signoff", value)])
    progress = progress.with_needs(hand.needs)
    if not hand.is_authorized or hand.at is None:
        return progress
    acceptance = facts.process.workflow.rules.acceptance
    sent = (
        _last_label_event(item, [facts.process.catalogue.title("signoff", acceptance.sent)], facts)
        if acceptance
        else None
    )
    if record.sent is None and sent and sent.at <= hand.at and facts.actor_of(sent).is_authorized:
        record = record.requested_again(
            facts.engagement.today(sent.at)
        )  # the answer came before any run saw the request
    return _update_record(progress, item, record.with_answer(answer, facts.engagement.today(hand.at)))


def _update_record(progress: Progress, item: Item, record: SignOff) -> Progress:
    if read_sign_off(item) == record:
        return progress
    return progress.with_item(with_sign_off(item, record, progress.facts.engagement.key), _RECORDING_REASON)


def request_sent_on(item: Item, facts: Facts) -> date:
    """Return the day the marker remembers, else the day on which the label was set, at the engagement's home.

    What is sent again after an objection has a clock of its own: then the marker remembers the time before.
    """
    at, ended_at = _request_times(item, facts)
    remembered = read_sign_off(item).sent
    if remembered and (ended_at is None or facts.engagement.today(ended_at) <= remembered):
        return remembered
    return facts.engagement.today(at or facts.now)


def _request_times(item: Item, facts: Facts) -> tuple[datetime | None, datetime | None]:
    """Return when it was sent, and when the time before had ended; None where that is not known, or was not.

    Where a machine gives back what an outsider took away, the clock goes on.
    """
    acceptance, history = facts.process.workflow.rules.acceptance, facts.history(item)
    title = facts.process.catalogue.title("signoff", acceptance.sent) if acceptance else ""
    at = ended_at = off_at = None
    is_given_back = False
    for event in sorted(history.labels if history else (), key=lambda each: each.at):
        if event.title != title:
            continue
        standing = facts.actor_of(event).role
        if not event.is_added:
            off_at, is_given_back = event.at, standing is ActorRole.OUTSIDER
        elif at is None or not (is_given_back and standing is ActorRole.MACHINE):
            at, ended_at = event.at, off_at
    return at, ended_at


def _last_label_event(item: Item, titles: Iterable[str], facts: Facts) -> LabelEvent | None:
    history = facts.history(item)
    return history.last_label_event(titles) if history else None
