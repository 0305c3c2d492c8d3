"""Permission."""

from collections.abc import Iterable

from psbot.core.changes.instrument import approvers
from psbot.core.model.facts import Facts, Hand, Standing
from psbot.core.model.history import PSBOT, History
from psbot.core.model.item import Item
from psbot.core.model.verdict import Answer, Dispute
from psbot.core.model.workflow import OnIllegal
from psbot.core.notices.notice import TAKEN_BACK
from psbot.core.records.change_decision import decision
from psbot.core.workflow.progress import Progress


def refused(progress: Progress, disputes: Iterable[Dispute]) -> Progress:
    """Report what does not count, and take it back where the workflow says so."""
    is_restored = progress.facts.process.workflow.table.on_illegal is OnIllegal.RESTORE
    for dispute in sorted(disputes):
        item = progress.facts.observed.by_key()[dispute.item]
        restored = _restored(progress, item, dispute) if is_restored else progress
        said = dispute.reason if restored is progress else f"{TAKEN_BACK}{dispute.reason}"
        progress = restored.finding("does-not-count", said, item)
    return progress


def _restored(progress: Progress, item: Item, dispute: Dispute) -> Progress:
    """Return the progress after which the item is as it was; the same progress where that is not known."""
    facts = progress.facts
    value = facts.process.catalogue.value(dispute.purpose, item.labels)
    is_state = dispute.purpose == "state"
    if not is_state or value in facts.process.workflow.done_states:
        before = _value_before(facts, item, dispute.purpose)
        if before is not None:
            progress = progress.relabelled(item, dispute.purpose, before, dispute.reason)
    if is_state and not item.is_open:
        progress = progress.switched(progress.item(item), True, dispute.reason)
    return progress


def _value_before(facts: Facts, item: Item, purpose: str) -> str | None:
    """Return the last value before the one an item has in a scope that counts; else the one it was made with.

    What an outsider had put on is none: psbot would put it on itself, and then it would count.
    """
    scope, history = facts.process.catalogue.scopes[purpose], facts.history(item)
    others = {spec.title: value for value, spec in scope.labels.items() if spec.title not in item.labels}
    if history:
        others = {title: value for title, value in others.items() if _counted(title, history, facts)}
    gone = history.last_label(others, is_added=False) if history else None
    return others[gone.title] if gone else facts.process.kinds[item.kind].seeds.get(purpose)


def _counted(title: str, history: History, facts: Facts) -> bool:
    """Tell whether a label that is gone was last put on by somebody whose deeds count, or was there at first."""
    event = history.last_label([title])
    return event is None or bool(facts.hand(event).counts)


def is_done(item: Item, facts: Facts) -> Answer:
    """Answer whether *item* is done or skipped by the hand of a machine or one of the engagement's people."""
    state = facts.state(item)
    if state not in facts.process.workflow.done_states:
        return Answer(False, f"{item.key} is {state or 'in no clear state'}")
    hand = facts.labelled_by(item, [facts.process.catalogue.title("state", str(state))])
    if not hand.counts and not item.is_open:
        closing = facts.closed_by(item)
        hand = closing if closing.counts else hand
    return by_hand(hand, item, "state", f"{item.key} is {state}")


def is_accepted(item: Item, facts: Facts) -> Answer:
    """Answer whether the customer has accepted what *item* is about, as people or psbot recorded it."""
    acceptance, catalogue = facts.process.workflow.table.acceptance, facts.process.catalogue
    if facts.state(item) == facts.process.workflow.unwanted_state:
        return is_done(item, facts)
    value = catalogue.value("signoff", item.labels)
    if acceptance is None or value is None or value not in acceptance.accepted:
        shown = value or facts.state(item) or "in no clear state"
        return Answer(False, f"{item.key} is {shown}")
    hand = facts.labelled_by(item, [catalogue.title("signoff", value)])
    return by_hand(hand, item, "signoff", f"{item.key} is {value}")


def is_decided(item: Item, value: str, facts: Facts) -> Answer:
    """Answer whether the change request *item*, whose label says *value*, was decided by one who may."""
    catalogue, what = facts.process.catalogue, f"{item.key} is {value}"
    known = decision(item)
    if known and known.value == value:
        return Answer(True, f"{what}, by {known.by}")
    hand = facts.labelled_by(item, [catalogue.title("change", value)])
    answer = by_hand(hand, item, "change", what)
    instrument = catalogue.value("instrument", item.labels)
    deciders = approvers(instrument, facts.engagement, facts.process.changes)
    if not answer.holds or hand.needs or hand.name in deciders:
        return answer
    who = f"a change by {instrument}" if instrument else "a change whose instrument is not known"
    reason = (
        f"{what}, but by {hand.name}; on {who} {' or '.join(sorted(deciders))} decides, so it does not count"
    )
    return Answer(False, reason, disputes=frozenset({Dispute(item.key, "change", reason)}))


def by_hand(hand: Hand, item: Item, purpose: str, what: str) -> Answer:
    """Answer that *what* counts when a machine or one of the engagement's people did it to *item*."""
    if hand.standing is Standing.OUTSIDER:
        reason = f"{what}, but by {hand.name}, who is not in people:, so it does not count"
        return Answer(False, reason, disputes=frozenset({Dispute(item.key, purpose, reason)}))
    if hand.counts is None:
        return Answer(None, f"{what}, but psbot could not check who did that", hand.needs)
    is_of_this_run = hand.name == PSBOT.username and hand.standing is Standing.MACHINE
    return Answer(True, what if is_of_this_run else f"{what}, by {hand.name}", hand.needs)
