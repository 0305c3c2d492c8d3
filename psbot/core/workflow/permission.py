"""Whose changes count: checks who set a label or closed an item, and reports or reverts what is unauthorized."""

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

_IGNORED = "; the change was ignored"


def report_unauthorized(progress: Progress, changes: Iterable[UnauthorizedChange]) -> Progress:
    """Report unauthorized changes, and revert them where ``on_illegal`` in workflow.yml is ``restore``."""
    reverts = progress.facts.process.workflow.rules.on_illegal is OnIllegal.RESTORE
    for change in sorted(changes):
        item = progress.facts.observed.by_key()[change.item]
        reverted = _revert(progress, item, change) if reverts else progress
        message = f"{change.reason}{_IGNORED}." if reverted is progress else f"{REVERTED}{change.reason}."
        progress = reverted.with_finding("unauthorized-change", message, item)
    return progress


def _revert(progress: Progress, item: Item, change: UnauthorizedChange) -> Progress:
    """Return the progress after which the item is as it was before; the same progress if that is unknown."""
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
    """Return the last authorized value before the current one in a scope, or else the initial value.

    A value that an outsider set is skipped: if psbot set it again, it would count as psbot's own.
    """
    scope, history = facts.process.catalogue.scopes[purpose], facts.history(item)
    earlier = {spec.title: value for value, spec in scope.labels.items() if spec.title not in item.labels}
    if history:
        earlier = {title: value for title, value in earlier.items() if _was_authorized(title, history, facts)}
    removed = history.last_label_event(earlier, is_added=False) if history else None
    return earlier[removed.title] if removed else facts.process.kinds[item.kind].seeds.get(purpose)


def _was_authorized(title: str, history: History, facts: Facts) -> bool:
    """Tell whether a removed label was last set by somebody authorized, or was there from the start."""
    event = history.last_label_event([title])
    return event is None or bool(facts.actor_of(event).is_authorized)


def check_done(item: Item, facts: Facts) -> Verdict:
    """Check whether *item* is done or skipped, and psbot or a person of the engagement set that."""
    state = facts.state(item)
    if state not in facts.process.workflow.done_states:
        return Verdict(False, f"{item.key} is {state or 'in no clear state'}")
    actor = facts.labelled_by(item, [facts.process.catalogue.title("state", str(state))])
    if not actor.is_authorized and not item.is_open:
        closed_by = facts.closed_by(item)
        actor = closed_by if closed_by.is_authorized else actor
    return require_authorized(actor, item, "state", str(state))


def check_accepted(item: Item, facts: Facts) -> Verdict:
    """Check whether the customer has accepted *item*, as people or psbot recorded it."""
    acceptance, catalogue = facts.process.workflow.rules.acceptance, facts.process.catalogue
    if facts.state(item) == facts.process.workflow.unwanted_state:
        return check_done(item, facts)
    value = catalogue.value("signoff", item.labels)
    if acceptance is None or value is None or value not in acceptance.accepted:
        shown = value or facts.state(item) or "in no clear state"
        return Verdict(False, f"{item.key} is {shown}")
    actor = facts.labelled_by(item, [catalogue.title("signoff", value)])
    return require_authorized(actor, item, "signoff", value)


def check_decided(item: Item, value: str, facts: Facts) -> Verdict:
    """Check whether the change request *item*, labelled *value*, was decided by somebody who may decide."""
    catalogue = facts.process.catalogue
    known = read_decision(item)
    if known and known.value == value:
        return Verdict(True, f"{item.key} is {value}, by {known.by}")
    actor = facts.labelled_by(item, [catalogue.title("change", value)])
    verdict = require_authorized(actor, item, "change", value)
    instrument = catalogue.value("instrument", item.labels)
    deciders = deciders_of(instrument, facts.engagement, facts.process.changes)
    if not verdict.holds or actor.needs or actor.name in deciders:
        return verdict
    who = " or ".join(sorted(deciders))
    scope = f"for instrument {instrument}" if instrument else "without an instrument"
    reason = f"{item.key} was set to {value} by {actor.name}, but {scope} only {who} may decide"
    return _unauthorized(item, "change", reason)


def require_authorized(actor: Actor, item: Item, purpose: str, value: str | None) -> Verdict:
    """Check that psbot or a person of the engagement set *item* to *value*, or closed it if *value* is None."""
    if actor.role is ActorRole.OUTSIDER:
        change = f"set to {value}" if value else "closed"
        reason = f"{item.key} was {change} by {actor.name}, who is not listed under `people:`"
        return _unauthorized(item, purpose, reason)
    result = f"{item.key} is {value or 'closed'}"
    if actor.is_authorized is None:
        return Verdict(None, f"{result}, but psbot could not check who did that", actor.needs)
    is_of_this_run = actor.name == PSBOT.username and actor.role is ActorRole.MACHINE
    return Verdict(True, result if is_of_this_run else f"{result}, by {actor.name}", actor.needs)


def _unauthorized(item: Item, purpose: str, reason: str) -> Verdict:
    change = UnauthorizedChange(item.key, purpose, reason)
    return Verdict(False, f"{reason}{_IGNORED}", unauthorized_changes=frozenset({change}))
