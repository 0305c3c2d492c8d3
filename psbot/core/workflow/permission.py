"""Permission."""

from collections.abc import Iterable

from psbot.core.changes.instrument import deciders_of
from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.model.history import PSBOT, History
from psbot.core.model.item import Item
from psbot.core.model.verdict import UnauthorizedChange, Verdict
from psbot.core.model.workflow import OnIllegal
from psbot.core.notices.notice import REVERTED
from psbot.core.records.change_decision import read_decision
from psbot.core.workflow.progress import Progress


def report_unauthorized(progress: Progress, changes: Iterable[UnauthorizedChange]) -> Progress:
    """Report what does not count, and take it back where the workflow says so."""
    is_restored = progress.facts.process.workflow.rules.on_illegal is OnIllegal.RESTORE
    for dispute in sorted(changes):
        item = progress.facts.observed.by_key()[dispute.item]
        restored = _revert(progress, item, dispute) if is_restored else progress
        said = dispute.reason if restored is progress else f"{REVERTED}{dispute.reason}"
        progress = restored.with_finding("unauthorized-change", said, item)
    return progress


def _revert(progress: Progress, item: Item, change: UnauthorizedChange) -> Progress:
    """Return the progress after which the item is as it was; the same progress where that is not known."""
    facts = progress.facts
    value = facts.process.catalogue.value(change.purpose, item.labels)
    is_state = change.purpose == "state"
    if not is_state or value in facts.process.workflow.done_states:
        before = _value_before(facts, item, change.purpose)
        if before is not None:
            progress = progress.with_label(item, change.purpose, before, change.reason)
    if is_state and not item.is_open:
        progress = progress.with_open(progress.current(item), True, change.reason)
    return progress


def _value_before(facts: Facts, item: Item, purpose: str) -> str | None:
    """Return the last value before the one an item has in a scope that counts; else the one it was made with.

    What an outsider had put on is none: psbot would put it on itself, and then it would count.
    """
    scope, history = facts.process.catalogue.scopes[purpose], facts.history(item)
    others = {spec.title: value for value, spec in scope.labels.items() if spec.title not in item.labels}
    if history:
        others = {title: value for title, value in others.items() if _was_authorized(title, history, facts)}
    gone = history.last_label_event(others, is_added=False) if history else None
    return others[gone.title] if gone else facts.process.kinds[item.kind].seeds.get(purpose)


def _was_authorized(title: str, history: History, facts: Facts) -> bool:
    """Tell whether a label that is gone was last put on by somebody whose deeds count, or was there at first."""
    event = history.last_label_event([title])
    return event is None or bool(facts.actor_of(event).is_authorized)


def check_done(item: Item, facts: Facts) -> Verdict:
    """Answer whether *item* is done or skipped by the hand of a machine or one of the engagement's people."""
    state = facts.state(item)
    if state not in facts.process.workflow.done_states:
        return Verdict(False, f"{item.key} is {state or 'in no clear state'}")
    hand = facts.labelled_by(item, [facts.process.catalogue.title("state", str(state))])
    if not hand.is_authorized and not item.is_open:
        closing = facts.closed_by(item)
        hand = closing if closing.is_authorized else hand
    return require_authorized(hand, item, "state", f"{item.key} is {state}")


def check_accepted(item: Item, facts: Facts) -> Verdict:
    """Answer whether the customer has accepted what *item* is about, as people or psbot recorded it."""
    acceptance, catalogue = facts.process.workflow.rules.acceptance, facts.process.catalogue
    if facts.state(item) == facts.process.workflow.unwanted_state:
        return check_done(item, facts)
    value = catalogue.value("signoff", item.labels)
    if acceptance is None or value is None or value not in acceptance.accepted:
        shown = value or facts.state(item) or "in no clear state"
        return Verdict(False, f"{item.key} is {shown}")
    hand = facts.labelled_by(item, [catalogue.title("signoff", value)])
    return require_authorized(hand, item, "signoff", f"{item.key} is {value}")


def check_decided(item: Item, value: str, facts: Facts) -> Verdict:
    """Answer whether the change request *item*, whose label says *value*, was decided by one who may."""
    catalogue, what = facts.process.catalogue, f"{item.key} is {value}"
    known = read_decision(item)
    if known and known.value == value:
        return Verdict(True, f"{what}, by {known.by}")
    hand = facts.labelled_by(item, [catalogue.title("change", value)])
    answer = require_authorized(hand, item, "change", what)
    instrument = catalogue.value("instrument", item.labels)
    deciders = deciders_of(instrument, facts.engagement, facts.process.changes)
    if not answer.holds or hand.needs or hand.name in deciders:
        return answer
    who = f"a change by {instrument}" if instrument else "a change whose instrument is not known"
    reason = (
        f"{what}, but by {hand.name}; on {who} {' or '.join(sorted(deciders))} decides, so it does not count"
    )
    return Verdict(
        False, reason, unauthorized_changes=frozenset({UnauthorizedChange(item.key, "change", reason)})
    )


def require_authorized(actor: Actor, item: Item, purpose: str, what: str) -> Verdict:
    """Answer that *what* counts when a machine or one of the engagement's people did it to *item*."""
    if actor.role is ActorRole.OUTSIDER:
        reason = f"{what}, but by {actor.name}, who is not in people:, so it does not count"
        return Verdict(
            False, reason, unauthorized_changes=frozenset({UnauthorizedChange(item.key, purpose, reason)})
        )
    if actor.is_authorized is None:
        return Verdict(None, f"{what}, but psbot could not check who did that", actor.needs)
    is_of_this_run = actor.name == PSBOT.username and actor.role is ActorRole.MACHINE
    return Verdict(True, what if is_of_this_run else f"{what}, by {actor.name}", actor.needs)
