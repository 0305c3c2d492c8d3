"""The way of change requests: from draft to approval by what they say, then by those who may decide; what follows."""

from psbot.core.changes.amendment import Amending, amending, lines_of, without
from psbot.core.changes.form import requests_of
from psbot.core.changes.instrument import Choice, choose, quarter_end
from psbot.core.changes.request import Request
from psbot.core.desired.raid_log import is_exposed
from psbot.core.model.change_policy import Changes
from psbot.core.model.facts import Facts, Standing
from psbot.core.model.item import Item
from psbot.core.records.change_decision import Decision, deciding, decision
from psbot.core.workflow.permission import is_decided, refused
from psbot.core.workflow.progress import Progress

MISSING = "amendment-missing"  # the finding of a signed change that the engagement file does not have


def changed(progress: Progress) -> Progress:
    """Return the progress after which every change request is as far as its words and those who decide allow."""
    facts = progress.facts
    policy, found = facts.process.changes, facts.observed.by_key()
    for key, request in requests_of(found.values(), policy).items():
        if found[key].is_open and is_exposed(found[key], facts.engagement, facts.process):
            place = facts.engagement.gitlab.internal
            said = f"{key} stands where the customer can read it, so psbot leaves it; move it to {place}"
            progress = progress.finding("in-customers-sight", said, found[key])
        else:
            progress = _moved(progress, found[key], request, policy)
    return progress


def _moved(progress: Progress, item: Item, request: Request, policy: Changes) -> Progress:
    way, catalogue = policy.way, progress.facts.process.catalogue
    if item.is_open:
        progress = _begun(progress, item, policy)
        progress = _weighed(progress, progress.item(item), request, policy)
        progress = _led_on(progress, progress.item(item), request, policy)
    item = progress.item(item)
    value = catalogue.value("change", item.labels)
    if value in (way.approved, way.rejected):
        progress = _decided(progress, item, str(value), request, policy)
    elif item.is_open and decision(item) is not None:
        progress = _remembering(progress, item, None, "it is to be decided again")
    return _quarterly(progress, progress.item(item), policy)


def _begun(progress: Progress, item: Item, policy: Changes) -> Progress:
    if progress.facts.process.catalogue.values("change", item.labels):
        return progress
    return progress.relabelled(item, "change", policy.way.draft, "it is to be described and weighed")


def _weighed(progress: Progress, item: Item, request: Request, policy: Changes) -> Progress:
    """Choose the instrument as long as nothing is up for approval; what a person has chosen stays."""
    facts, catalogue, way = progress.facts, progress.facts.process.catalogue, policy.way
    if request.wrong:
        said = f"{item.key} cannot be read: {'; '.join(request.wrong.values())}"
        progress = progress.finding("change-unreadable", said, item)
    value = catalogue.value("change", item.labels)
    choice = _choice(item, request, facts, policy)
    if choice is None or value not in (way.draft, way.impact, way.approval):
        return progress
    shown = catalogue.value("instrument", item.labels)
    if shown is None and not catalogue.values("instrument", item.labels):
        return progress.relabelled(item, "instrument", choice.instrument, choice.because)
    if shown is None or shown == choice.instrument:
        return progress
    hand = facts.labelled_by(item, [catalogue.title("instrument", shown)])
    progress = progress.asking(hand.needs)
    if value != way.approval and hand.standing is Standing.MACHINE:
        return progress.relabelled(item, "instrument", choice.instrument, choice.because)
    if hand.standing is Standing.UNKNOWN:
        return progress
    said = (
        f"{item.key} is {shown}, but by what it says it needs {choice.instrument}, because {choice.because}; change "
        "its words or its label"
    )
    return progress.finding("instrument-differs", said, item)


def _choice(item: Item, request: Request, facts: Facts, policy: Changes) -> Choice | None:
    before = without(item.key, request, facts.engagement)
    return choose(request, before, facts.today, policy)


def _led_on(progress: Progress, item: Item, request: Request, policy: Changes) -> Progress:
    """Move it on as its lines are filled, unless a person has taken it back."""
    way = policy.way
    steps = (
        (way.draft, way.impact, (), f"its instrument is known: {_instrument(progress, item)}"),
        (way.impact, way.approval, policy.impact, "its impact is worked out"),
    )
    for at, to, lines, reason in steps:
        item, catalogue = progress.item(item), progress.facts.process.catalogue
        is_ready = _instrument(progress, item) is not None and not request.wrong
        if catalogue.value("change", item.labels) != at or not is_ready or request.missing(lines):
            continue
        progress = progress.asking(progress.facts.unread(item))
        if not _is_taken_back(item, to, progress.facts, policy):
            progress = progress.relabelled(item, "change", to, reason)
    return progress


def _instrument(progress: Progress, item: Item) -> str | None:
    return progress.facts.process.catalogue.value("instrument", progress.item(item).labels)


def _is_taken_back(item: Item, to: str, facts: Facts, policy: Changes) -> bool:
    """Tell whether a person has taken the item back from *to* or from what comes after it, or nobody knows."""
    history = facts.history(item)
    if history is None:
        return not facts.presumes
    way, catalogue = policy.way, facts.process.catalogue
    order = (way.draft, way.impact, way.approval, way.approved, way.rejected)
    later = [catalogue.title("change", value) for value in order[order.index(to) :]]
    event = history.last_label(later, is_added=False)
    return event is not None and facts.hand(event).standing is not Standing.MACHINE


def _decided(progress: Progress, item: Item, value: str, request: Request, policy: Changes) -> Progress:
    """Judge who decided, remember it, and see to what follows."""
    if not item.is_open and value != policy.way.approved:
        return progress
    answer = is_decided(item, value, progress.facts)
    if answer.holds is None:
        return progress.unchecked(answer.reason, item, answer.needs)
    if not answer.holds:
        return refused(progress, answer.disputes) if item.is_open else progress
    progress = progress.asking(answer.needs)
    if item.is_open:
        progress = _remembered(progress, item, value)
        item = progress.item(item)
    if value == policy.way.rejected:
        return _closed(progress, item, answer.reason)
    return _approved(progress, item, request, policy, answer.reason)


def _remembered(progress: Progress, item: Item, value: str) -> Progress:
    facts = progress.facts
    known = decision(item)
    hand = facts.labelled_by(item, [facts.process.catalogue.title("change", value)])
    if (known and known.value == value) or hand.at is None:
        return progress
    found = Decision(value, hand.name, facts.engagement.today(hand.at))
    return _remembering(progress, item, found, f"{hand.name} has decided")


def _remembering(progress: Progress, item: Item, found: Decision | None, reason: str) -> Progress:
    return progress.becomes(deciding(item, found, progress.facts.engagement.key), reason)


def _approved(progress: Progress, item: Item, request: Request, policy: Changes, reason: str) -> Progress:
    """Say what an approved change still lacks; what is signed and in the file is done."""
    facts = progress.facts
    instrument = facts.process.catalogue.value("instrument", item.labels)
    unsaid = request.missing(policy.needed)
    if item.is_open and (instrument is None or unsaid):
        lines = policy.named(unsaid) or "its instrument"
        said = f"{reason}, and it does not say all that was approved: {lines}; fill it in"
        progress = progress.finding("change-incomplete", said, item)
    if instrument is None or instrument in policy.quarterly.instruments:
        return progress
    rest = amending(item.key, request, facts.engagement, facts.today)
    if rest is None:
        return progress
    if instrument in policy.amends and not rest.is_nothing:
        said = (
            f"{item.key} is approved and signed, and the engagement file does not have it yet: {lines_of(rest)}"
            f"; psbot change-request amend {facts.engagement.file or 'FILE'} shows it as a diff"
        )
        return progress.finding(MISSING, said, item)
    return _closed(progress, item, f"{reason}, and signed on {request.signed_on}")


def lacking(item: Item, request: Request, facts: Facts) -> Amending | None:
    """Return what the engagement file lacks of *item*, which says *request*; None where nothing is due or known."""
    policy, catalogue = facts.process.changes, facts.process.catalogue
    if catalogue.value("instrument", item.labels) not in policy.amends:
        return None
    approved = policy.way.approved
    is_approved = (
        catalogue.value("change", item.labels) == approved and is_decided(item, approved, facts).holds
    )
    rest = amending(item.key, request, facts.engagement, facts.today)
    return rest if is_approved and rest and not rest.is_nothing else None


def _closed(progress: Progress, item: Item, reason: str) -> Progress:
    """Close what is over, unless a person has opened it again."""
    if not item.is_open:
        return progress
    progress = progress.asking(progress.facts.unread(item))
    history = progress.facts.history(item)
    if (history is None or history.last_state(True)) and not progress.facts.presumes:
        return progress
    done = progress.facts.process.workflow.finished_state
    progress = progress.relabelled(item, "state", done, reason)
    return progress.switched(progress.item(item), False, reason)


def _quarterly(progress: Progress, item: Item, policy: Changes) -> Progress:
    """Say of what is to be closed in the quarter in which it was opened that the quarter ends."""
    facts, rule = progress.facts, policy.quarterly
    instrument = facts.process.catalogue.value("instrument", item.labels)
    if not item.is_open or instrument not in rule.instruments or item.made_at is None:
        return progress
    last = quarter_end(facts.engagement.today(item.made_at), rule.first_month)
    if facts.today < facts.engagement.workdays.before(last, rule.warn_before):
        return progress
    said = f"{item.key}, {instrument}, is open, and its quarter ends on {last}; see that it is closed by then"
    return progress.finding("open-at-quarter-end", said, item)
