"""The acceptance clock: a sign-off that was sent, and to which nobody objects in time, is accepted."""

from collections.abc import Iterable
from datetime import date, datetime

from psbot.core.model.calendar import Workdays
from psbot.core.model.facts import Facts, Standing
from psbot.core.model.history import LabelEvent
from psbot.core.model.item import Item
from psbot.core.model.workflow import Acceptance
from psbot.core.records.sign_off import SignOff, recorded, recording
from psbot.core.workflow.permission import by_hand, refused
from psbot.core.workflow.progress import Progress

_RECORDED = "psbot records the days of the sign-off"


def accepted_on(sent_on: date, workdays: Workdays, business_days: int) -> date:
    """Return the day at whose end silence is acceptance; the day sent is day 1, or else the next business day."""
    return workdays.after(workdays.on_or_after(sent_on), business_days - 1)


def clocked(progress: Progress) -> Progress:
    """Return the progress after which sign-offs whose time is over are accepted passively, and days are recorded."""
    acceptance = progress.facts.process.workflow.table.acceptance
    if acceptance is None:
        return progress
    answers = {getattr(acceptance, name): name for name in ("received", "passive", "objected")}
    for _, item in sorted(progress.facts.observed.by_key().items()):
        value = progress.facts.process.catalogue.value("signoff", item.labels)
        if value == acceptance.sent:
            progress = _clocked(progress, item, acceptance)
        elif value in answers:
            progress = _answered(progress, item, str(value), answers[value])
    return progress


def _clocked(progress: Progress, item: Item, acceptance: Acceptance) -> Progress:
    facts, sent = progress.facts, acceptance.sent
    hand = facts.labelled_by(item, [facts.process.catalogue.title("signoff", sent)])
    answer = by_hand(hand, item, "signoff", f"{item.key} is {sent}")
    if answer.holds is None:
        return progress.unchecked(answer.reason, item, answer.needs)
    if not answer.holds:
        return refused(progress, answer.disputes)
    since = sent_on(item, facts)
    last = accepted_on(since, facts.engagement.workdays, acceptance.passive_after)
    record = recorded(item)
    if record.sent != since or record.objected or record.accepted:
        record = record.resent(since)
    progress = progress.asking(answer.needs)
    if facts.today <= last:
        return _recorded(progress, item, record)
    reason = (
        f"sent on {since}, and nobody objected by the end of business day {acceptance.passive_after}, {last}"
    )
    progress = progress.relabelled(item, "signoff", acceptance.passive, reason)
    return _recorded(progress, progress.item(item), record.answered("passive", last))


def _answered(progress: Progress, item: Item, value: str, name: str) -> Progress:
    """Record the day of an answer that somebody has set by hand; who may not do that is judged where it matters."""
    record, facts = recorded(item), progress.facts
    if getattr(record, name) is not None:
        return progress
    hand = facts.labelled_by(item, [facts.process.catalogue.title("signoff", value)])
    progress = progress.asking(hand.needs)
    if not hand.counts or hand.at is None:
        return progress
    acceptance = facts.process.workflow.table.acceptance
    sent = (
        _set(item, [facts.process.catalogue.title("signoff", acceptance.sent)], facts) if acceptance else None
    )
    if record.sent is None and sent and sent.at <= hand.at and facts.hand(sent).counts:
        record = record.resent(
            facts.engagement.today(sent.at)
        )  # the answer came before any run saw the request
    return _recorded(progress, item, record.answered(name, facts.engagement.today(hand.at)))


def _recorded(progress: Progress, item: Item, record: SignOff) -> Progress:
    if recorded(item) == record:
        return progress
    return progress.becomes(recording(item, record, progress.facts.engagement.key), _RECORDED)


def sent_on(item: Item, facts: Facts) -> date:
    """Return the day the marker remembers, else the day on which the label was set, at the engagement's home.

    What is sent again after an objection has a clock of its own: then the marker remembers the time before.
    """
    at, ended_at = _sending(item, facts)
    remembered = recorded(item).sent
    if remembered and (ended_at is None or facts.engagement.today(ended_at) <= remembered):
        return remembered
    return facts.engagement.today(at or facts.now)


def _sending(item: Item, facts: Facts) -> tuple[datetime | None, datetime | None]:
    """Return when it was sent, and when the time before had ended; None where that is not known, or was not.

    Where a machine gives back what an outsider took away, the clock goes on.
    """
    acceptance, history = facts.process.workflow.table.acceptance, facts.history(item)
    title = facts.process.catalogue.title("signoff", acceptance.sent) if acceptance else ""
    at = ended_at = off_at = None
    is_given_back = False
    for event in sorted(history.labels if history else (), key=lambda each: each.at):
        if event.title != title:
            continue
        standing = facts.hand(event).standing
        if not event.is_added:
            off_at, is_given_back = event.at, standing is Standing.OUTSIDER
        elif at is None or not (is_given_back and standing is Standing.MACHINE):
            at, ended_at = event.at, off_at
    return at, ended_at


def _set(item: Item, titles: Iterable[str], facts: Facts) -> LabelEvent | None:
    history = facts.history(item)
    return history.last_label(titles) if history else None
