"""Advances change requests: from draft to approval as their fields are filled in, then by who may decide."""

from psbot.core.changes.amendment import MissingAmendment, describe, engagement_before, missing_amendment
from psbot.core.changes.form import parse_requests
from psbot.core.changes.instrument import InstrumentChoice, choose_instrument, quarter_end
from psbot.core.changes.request import ChangeRequest
from psbot.core.desired.raid_log import is_exposed_to_customer
from psbot.core.model.change_policy import ChangePolicy
from psbot.core.model.facts import ActorRole, Facts
from psbot.core.model.item import Item
from psbot.core.records.change_decision import ChangeDecision, read_decision, with_decision
from psbot.core.workflow.permission import check_decided, report_unauthorized
from psbot.core.workflow.progress import Progress

AMENDMENT_MISSING = "amendment-missing"  # the finding for a signed change that is not in the engagement file


def advance_change_requests(progress: Progress) -> Progress:
    """Move every change request as far as its fields and its deciders allow."""
    facts = progress.facts
    policy, observed = facts.process.changes, facts.observed.by_key()
    for key, request in parse_requests(observed.values(), policy).items():
        item = observed[key]
        if item.is_open and is_exposed_to_customer(item, facts.engagement, facts.process):
            project = facts.engagement.gitlab.internal
            message = f"{key} is visible to the customer. psbot does not process it; move it to {project}."
            progress = progress.with_finding("visible-to-customer", message, item)
        else:
            progress = _advance_one(progress, item, request, policy)
    return progress


def _advance_one(progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy) -> Progress:
    states, catalogue = policy.states, progress.facts.process.catalogue
    if item.is_open:
        progress = _start(progress, item, policy)
        progress = _update_instrument(progress, progress.current(item), request, policy)
        progress = _move_forward(progress, progress.current(item), request, policy)
    item = progress.current(item)
    value = catalogue.value("change", item.labels)
    if value in (states.approved, states.rejected):
        progress = _apply_decision(progress, item, str(value), request, policy)
    elif item.is_open and read_decision(item) is not None:
        progress = _set_decision(progress, item, None, "the change request is open for decision again")
    return _check_quarter_end(progress, progress.current(item), policy)


def _start(progress: Progress, item: Item, policy: ChangePolicy) -> Progress:
    if progress.facts.process.catalogue.values("change", item.labels):
        return progress
    return progress.with_label(item, "change", policy.states.draft, "new change request")


def _update_instrument(
    progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy
) -> Progress:
    """Choose the instrument until approval is requested; an instrument that a person set stays."""
    facts, catalogue, states = progress.facts, progress.facts.process.catalogue, policy.states
    if request.invalid:
        message = f"{item.key} has invalid fields: {'; '.join(request.invalid.values())}"
        progress = progress.with_finding("change-unreadable", message, item)
    value = catalogue.value("change", item.labels)
    choice = _choose_instrument(item, request, facts, policy)
    if choice is None or value not in (states.draft, states.impact, states.approval):
        return progress
    shown = catalogue.value("instrument", item.labels)
    if shown is None and not catalogue.values("instrument", item.labels):
        return progress.with_label(item, "instrument", choice.instrument, choice.because)
    if shown is None or shown == choice.instrument:
        return progress
    actor = facts.labelled_by(item, [catalogue.title("instrument", shown)])
    progress = progress.with_needs(actor.needs)
    if value != states.approval and actor.role is ActorRole.MACHINE:
        return progress.with_label(item, "instrument", choice.instrument, choice.because)
    if actor.role is ActorRole.UNKNOWN:
        return progress
    message = (
        f"{item.key} is labelled {shown} but requires {choice.instrument} ({choice.because}). "
        "Correct its fields or its label."
    )
    return progress.with_finding("instrument-mismatch", message, item)


def _choose_instrument(
    item: Item, request: ChangeRequest, facts: Facts, policy: ChangePolicy
) -> InstrumentChoice | None:
    before = engagement_before(item.key, request, facts.engagement)
    return choose_instrument(request, before, facts.today, policy)


def _move_forward(progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy) -> Progress:
    """Advance the change request as its fields are filled in, unless a person has moved it back."""
    states = policy.states
    steps = (
        (states.draft, states.impact, (), f"instrument chosen: {_instrument_of(progress, item)}"),
        (states.impact, states.approval, policy.impact_fields, "impact described"),
    )
    for current, target, fields, reason in steps:
        item, catalogue = progress.current(item), progress.facts.process.catalogue
        is_ready = _instrument_of(progress, item) is not None and not request.invalid
        if catalogue.value("change", item.labels) != current or not is_ready or request.missing(fields):
            continue
        progress = progress.with_needs(progress.facts.missing_history(item))
        if not _is_reverted(item, target, progress.facts, policy):
            progress = progress.with_label(item, "change", target, reason)
    return progress


def _instrument_of(progress: Progress, item: Item) -> str | None:
    return progress.facts.process.catalogue.value("instrument", progress.current(item).labels)


def _is_reverted(item: Item, target: str, facts: Facts, policy: ChangePolicy) -> bool:
    """Tell whether a person has moved the item back from *target* or a later state; True if that is unknown."""
    history = facts.history(item)
    if history is None:
        return not facts.assume_authorized
    states, catalogue = policy.states, facts.process.catalogue
    order = (states.draft, states.impact, states.approval, states.approved, states.rejected)
    later = [catalogue.title("change", value) for value in order[order.index(target) :]]
    event = history.last_label_event(later, is_added=False)
    return event is not None and facts.actor_of(event).role is not ActorRole.MACHINE


def _apply_decision(
    progress: Progress, item: Item, value: str, request: ChangeRequest, policy: ChangePolicy
) -> Progress:
    """Check who decided, record the decision, and do what follows from it."""
    if not item.is_open and value != policy.states.approved:
        return progress
    verdict = check_decided(item, value, progress.facts)
    if verdict.holds is None:
        return progress.with_unknown(verdict.reason, item, verdict.needs)
    if not verdict.holds:
        return report_unauthorized(progress, verdict.unauthorized_changes) if item.is_open else progress
    progress = progress.with_needs(verdict.needs)
    if item.is_open:
        progress = _record_decision(progress, item, value)
        item = progress.current(item)
    if value == policy.states.rejected:
        return progress.close(item, verdict.reason)
    return _check_approved(progress, item, request, policy, verdict.reason)


def _record_decision(progress: Progress, item: Item, value: str) -> Progress:
    facts = progress.facts
    known = read_decision(item)
    actor = facts.labelled_by(item, [facts.process.catalogue.title("change", value)])
    if (known and known.value == value) or actor.at is None:
        return progress
    decision = ChangeDecision(value, actor.name, facts.engagement.today(actor.at))
    return _set_decision(progress, item, decision, f"decided by {actor.name}")


def _set_decision(
    progress: Progress, item: Item, new_decision: ChangeDecision | None, reason: str
) -> Progress:
    return progress.with_item(with_decision(item, new_decision, progress.facts.engagement.key), reason)


def _check_approved(
    progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy, reason: str
) -> Progress:
    """Report what an approved change is missing; close it once it is signed and in the engagement file."""
    facts = progress.facts
    instrument = facts.process.catalogue.value("instrument", item.labels)
    missing = request.missing(policy.required_fields)
    if item.is_open and (instrument is None or missing):
        fields = policy.describe_fields(missing) or "the instrument label"
        message = f"{reason}, but these fields are missing: {fields}. Fill in what was approved."
        progress = progress.with_finding("change-incomplete", message, item)
    if instrument is None or instrument in policy.quarterly.instruments:
        return progress
    amendment = missing_amendment(item.key, request, facts.engagement, facts.today)
    if amendment is None:
        return progress
    if instrument in policy.amending_instruments and not amendment.is_empty:
        message = (
            f"{item.key} is approved and signed but not yet in the engagement file: {describe(amendment)}. "
            f"Run `psbot change-request amend {facts.engagement.file or 'FILE'}` to see it as a diff."
        )
        return progress.with_finding(AMENDMENT_MISSING, message, item)
    return progress.close(item, f"{reason}, signed on {request.signed_on}")


def missing_in_file(item: Item, request: ChangeRequest, facts: Facts) -> MissingAmendment | None:
    """Return what the engagement file is missing of the change request *item*; None if nothing, or if unknown."""
    policy, catalogue = facts.process.changes, facts.process.catalogue
    if catalogue.value("instrument", item.labels) not in policy.amending_instruments:
        return None
    approved = policy.states.approved
    is_approved = (
        catalogue.value("change", item.labels) == approved and check_decided(item, approved, facts).holds
    )
    amendment = missing_amendment(item.key, request, facts.engagement, facts.today)
    return amendment if is_approved and amendment and not amendment.is_empty else None


def _check_quarter_end(progress: Progress, item: Item, policy: ChangePolicy) -> Progress:
    """Report a change request that must be closed in the quarter it was created in, before the quarter ends."""
    facts, rule = progress.facts, policy.quarterly
    instrument = facts.process.catalogue.value("instrument", item.labels)
    if not item.is_open or instrument not in rule.instruments or item.created_at is None:
        return progress
    last = quarter_end(facts.engagement.today(item.created_at), rule.first_month)
    if facts.today < facts.engagement.workdays.before(last, rule.warn_before):
        return progress
    message = f"{item.key} ({instrument}) is open and its quarter ends on {last}. Close it by then."
    return progress.with_finding("open-at-quarter-end", message, item)
