"""The way of change requests: from draft to approval by what they say, then by those who may decide; what follows."""

from psbot.core.changes.amendment import MissingAmendment, describe, engagement_before, missing_amendment
from psbot.core.changes.form import parse_requests
from psbot.core.changes.instrument import InstrumentChoice, choose_instrument, quarter_end
from psbot.core.changes.request import ChangeRequest
from psbot.core.desired.raid_log import is_visible_to_customer
from psbot.core.model.change_policy import ChangePolicy
from psbot.core.model.facts import ActorRole, Facts
from psbot.core.model.item import Item
from psbot.core.records.change_decision import ChangeDecision, read_decision, with_decision
from psbot.core.workflow.permission import check_decided, report_unauthorized
from psbot.core.workflow.progress import Progress

AMENDMENT_MISSING = (
    "amendment-missing"  # the finding of a signed change that the engagement file does not have
)


def advance_change_requests(progress: Progress) -> Progress:
    """Return the progress after which every change request is as far as its words and those who decide allow."""
    facts = progress.facts
    policy, found = facts.process.changes, facts.observed.by_key()
    for key, request in parse_requests(found.values(), policy).items():
        if found[key].is_open and is_visible_to_customer(found[key], facts.engagement, facts.process):
            place = facts.engagement.gitlab.internal
            said = f"{key} stands where the customer can read it, so psbot leaves it; move it to {place}"
            progress = progress.with_finding("visible-to-customer", said, found[key])
        else:
            progress = _advance_one(progress, found[key], request, policy)
    return progress


def _advance_one(progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy) -> Progress:
    way, catalogue = policy.states, progress.facts.process.catalogue
    if item.is_open:
        progress = _start(progress, item, policy)
        progress = _update_instrument(progress, progress.current(item), request, policy)
        progress = _move_forward(progress, progress.current(item), request, policy)
    item = progress.current(item)
    value = catalogue.value("change", item.labels)
    if value in (way.approved, way.rejected):
        progress = _apply_decision(progress, item, str(value), request, policy)
    elif item.is_open and read_decision(item) is not None:
        progress = _set_decision(progress, item, None, "it is to be decided again")
    return _check_quarter_end(progress, progress.current(item), policy)


def _start(progress: Progress, item: Item, policy: ChangePolicy) -> Progress:
    if progress.facts.process.catalogue.values("change", item.labels):
        return progress
    return progress.with_label(item, "change", policy.states.draft, "it is to be described and weighed")


def _update_instrument(
    progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy
) -> Progress:
    """Choose the instrument as long as nothing is up for approval; what a person has chosen stays."""
    facts, catalogue, way = progress.facts, progress.facts.process.catalogue, policy.states
    if request.invalid:
        said = f"{item.key} cannot be read: {'; '.join(request.invalid.values())}"
        progress = progress.with_finding("change-unreadable", said, item)
    value = catalogue.value("change", item.labels)
    choice = _choose_instrument(item, request, facts, policy)
    if choice is None or value not in (way.draft, way.impact, way.approval):
        return progress
    shown = catalogue.value("instrument", item.labels)
    if shown is None and not catalogue.values("instrument", item.labels):
        return progress.with_label(item, "instrument", choice.instrument, choice.because)
    if shown is None or shown == choice.instrument:
        return progress
    hand = facts.labelled_by(item, [catalogue.title("instrument", shown)])
    progress = progress.with_needs(hand.needs)
    if value != way.approval and hand.role is ActorRole.MACHINE:
        return progress.with_label(item, "instrument", choice.instrument, choice.because)
    if hand.role is ActorRole.UNKNOWN:
        return progress
    said = (
        f"{item.key} is {shown}, but by what it says it needs {choice.instrument}, because {choice.because}; change "
        "its words or its label"
    )
    return progress.with_finding("instrument-mismatch", said, item)


def _choose_instrument(
    item: Item, request: ChangeRequest, facts: Facts, policy: ChangePolicy
) -> InstrumentChoice | None:
    before = engagement_before(item.key, request, facts.engagement)
    return choose_instrument(request, before, facts.today, policy)


def _move_forward(progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy) -> Progress:
    """Move it on as its lines are filled, unless a person has taken it back."""
    way = policy.states
    steps = (
        (way.draft, way.impact, (), f"its instrument is known: {_instrument_of(progress, item)}"),
        (way.impact, way.approval, policy.impact_fields, "its impact is worked out"),
    )
    for at, to, lines, reason in steps:
        item, catalogue = progress.current(item), progress.facts.process.catalogue
        is_ready = _instrument_of(progress, item) is not None and not request.invalid
        if catalogue.value("change", item.labels) != at or not is_ready or request.missing(lines):
            continue
        progress = progress.with_needs(progress.facts.missing_history(item))
        if not _is_reverted(item, to, progress.facts, policy):
            progress = progress.with_label(item, "change", to, reason)
    return progress


def _instrument_of(progress: Progress, item: Item) -> str | None:
    return progress.facts.process.catalogue.value("instrument", progress.current(item).labels)


def _is_reverted(item: Item, target: str, facts: Facts, policy: ChangePolicy) -> bool:
    """Tell whether a person has taken the item back from *to* or from what comes after it, or nobody knows."""
    history = facts.history(item)
    if history is None:
        return not facts.assume_authorized
    way, catalogue = policy.states, facts.process.catalogue
    order = (way.draft, way.impact, way.approval, way.approved, way.rejected)
    later = [catalogue.title("change", value) for value in order[order.index(target) :]]
    event = history.last_label_event(later, is_added=False)
    return event is not None and facts.actor_of(event).role is not ActorRole.MACHINE


def _apply_decision(
    progress: Progress, item: Item, value: str, request: ChangeRequest, policy: ChangePolicy
) -> Progress:
    """Judge who decided, remember it, and see to what follows."""
    if not item.is_open and value != policy.states.approved:
        return progress
    answer = check_decided(item, value, progress.facts)
    if answer.holds is None:
        return progress.with_unknown(answer.reason, item, answer.needs)
    if not answer.holds:
        return report_unauthorized(progress, answer.unauthorized_changes) if item.is_open else progress
    progress = progress.with_needs(answer.needs)
    if item.is_open:
        progress = _record_decision(progress, item, value)
        item = progress.current(item)
    if value == policy.states.rejected:
        return _close(progress, item, answer.reason)
    return _check_approved(progress, item, request, policy, answer.reason)


def _record_decision(progress: Progress, item: Item, value: str) -> Progress:
    facts = progress.facts
    known = read_decision(item)
    hand = facts.labelled_by(item, [facts.process.catalogue.title("change", value)])
    if (known and known.value == value) or hand.at is None:
        return progress
    found = ChangeDecision(value, hand.name, facts.engagement.today(hand.at))
    return _set_decision(progress, item, found, f"{hand.name} has decided")


def _set_decision(
    progress: Progress, item: Item, new_decision: ChangeDecision | None, reason: str
) -> Progress:
    return progress.with_item(with_decision(item, new_decision, progress.facts.engagement.key), reason)


def _check_approved(
    progress: Progress, item: Item, request: ChangeRequest, policy: ChangePolicy, reason: str
) -> Progress:
    """Say what an approved change still lacks; what is signed and in the file is done."""
    facts = progress.facts
    instrument = facts.process.catalogue.value("instrument", item.labels)
    unsaid = request.missing(policy.required_fields)
    if item.is_open and (instrument is None or unsaid):
        lines = policy.describe_fields(unsaid) or "its instrument"
        said = f"{reason}, and it does not say all that was approved: {lines}; fill it in"
        progress = progress.with_finding("change-incomplete", said, item)
    if instrument is None or instrument in policy.quarterly.instruments:
        return progress
    rest = missing_amendment(item.key, request, facts.engagement, facts.today)
    if rest is None:
        return progress
    if instrument in policy.amending_instruments and not rest.is_empty:
        said = (
            f"{item.key} is approved and signed, and the engagement file does not have it yet: {describe(rest)}"
            f"; psbot change-request amend {facts.engagement.file or 'FILE'} shows it as a diff"
        )
        return progress.with_finding(AMENDMENT_MISSING, said, item)
    return _close(progress, item, f"{reason}, and signed on {request.signed_on}")


def missing_in_file(item: Item, request: ChangeRequest, facts: Facts) -> MissingAmendment | None:
    """Return what the engagement file lacks of *item*, which says *request*; None where nothing is due or known."""
    policy, catalogue = facts.process.changes, facts.process.catalogue
    if catalogue.value("instrument", item.labels) not in policy.amending_instruments:
        return None
    approved = policy.states.approved
    is_approved = (
        catalogue.value("change", item.labels) == approved and check_decided(item, approved, facts).holds
    )
    rest = missing_amendment(item.key, request, facts.engagement, facts.today)
    return rest if is_approved and rest and not rest.is_empty else None


def _close(progress: Progress, item: Item, reason: str) -> Progress:
    """Close what is over, unless a person has opened it again."""
    if not item.is_open:
        return progress
    progress = progress.with_needs(progress.facts.missing_history(item))
    history = progress.facts.history(item)
    if (history is None or history.last_state_event(True)) and not progress.facts.assume_authorized:
        return progress
    done = progress.facts.process.workflow.finished_state
    progress = progress.with_label(item, "state", done, reason)
    return progress.with_open(progress.current(item), False, reason)


def _check_quarter_end(progress: Progress, item: Item, policy: ChangePolicy) -> Progress:
    """Say of what is to be closed in the quarter in which it was opened that the quarter ends."""
    facts, rule = progress.facts, policy.quarterly
    instrument = facts.process.catalogue.value("instrument", item.labels)
    if not item.is_open or instrument not in rule.instruments or item.created_at is None:
        return progress
    last = quarter_end(facts.engagement.today(item.created_at), rule.first_month)
    if facts.today < facts.engagement.workdays.before(last, rule.warn_before):
        return progress
    said = f"{item.key}, {instrument}, is open, and its quarter ends on {last}; see that it is closed by then"
    return progress.with_finding("open-at-quarter-end", said, item)
