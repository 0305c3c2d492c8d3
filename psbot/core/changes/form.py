"""A change request as it reads: its lines, the instrument and why, what becomes of hours, end and contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.changes import request as changes
from psbot.core.changes.amendment import engagement_before
from psbot.core.changes.instrument import choose_instrument, deciders_of
from psbot.core.changes.request import ChangeRequest
from psbot.core.model.change_policy import DECISIVE_FIELDS, SIGNATURE_FIELDS, ChangePolicy
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item
from psbot.core.model.process import Process
from psbot.core.records.change_decision import ChangeDecision, read_decision
from psbot.core.text.form import FormField
from psbot.core.text.marker import human_text

_SCOPE_FIELDS = ("summary", *DECISIVE_FIELDS)


@dataclass(frozen=True, slots=True)
class ChangeRequestView:
    """One change request as its template sees it; hours, end and contract are those before and after it.

    ``what``, ``impact`` and ``paper`` are its lines, ``missing`` the names of those that are still to be filled,
    ``wrong`` what cannot be read there. ``meaning`` says what the instrument is. ``approvers`` are usernames.
    """

    what: tuple[FormField, ...] = ()
    impact: tuple[FormField, ...] = ()
    paper: tuple[FormField, ...] = ()
    nothing: str = ""
    situations: tuple[FormField, ...] = ()
    instrument: str | None = None
    meaning: str = ""
    because: str = ""
    hours: float = 0
    hours_after: float = 0
    ends_on: date | None = None
    ends_on_after: date | None = None
    contract: str = ""
    contract_after: str = ""
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    decision: ChangeDecision | None = None


def parse_requests(items: Iterable[Item], policy: ChangePolicy) -> Mapping[str, ChangeRequest]:
    """Return what people say in change requests, by key; what psbot writes there does not count.

    Of several that name one paper the first has it: the others go by their keys, so that none is taken for another.
    """
    found: dict[str, ChangeRequest] = {}
    papers: set[str] = set()
    asked = [item for item in items if item.kind == policy.kind]
    for item in sorted(asked, key=lambda item: (len(item.key), item.key)):
        request = changes.parse_request(human_text(item.description), policy)
        if request.reference in papers:
            request = replace(request, reference=None)
        papers |= {request.reference} if request.reference else set()
        found[item.key] = request
    return found


def view_new_request(
    key: str, request: ChangeRequest, engagement: Engagement, process: Process, today: date
) -> ChangeRequestView:
    """Return how a change request reads that is to be made of *request*."""
    return _view(key, request, engagement, process, today, instrument=None, decision=None)


def view_request(
    item: Item, request: ChangeRequest, engagement: Engagement, process: Process, today: date
) -> ChangeRequestView:
    """Return how the change request *item* reads, which says *request*; its label names the instrument."""
    instrument = process.catalogue.value("instrument", item.labels)
    return _view(
        item.key, request, engagement, process, today, instrument=instrument, decision=read_decision(item)
    )


def _view(
    key: str,
    request: ChangeRequest,
    engagement: Engagement,
    process: Process,
    today: date,
    *,
    instrument: str | None,
    decision: ChangeDecision | None,
) -> ChangeRequestView:
    policy, before = process.changes, engagement_before(key, request, engagement)
    choice = choose_instrument(request, before, today, policy)
    named = instrument or (choice.instrument if choice else None)
    specs = process.catalogue.scopes["instrument"].labels if "instrument" in process.catalogue.scopes else {}
    hours, ends_on = before.hours_sold(today), before.ends_on(today)
    return ChangeRequestView(
        what=_form_fields(_SCOPE_FIELDS, request, policy),
        impact=_form_fields(policy.impact_fields, request, policy),
        paper=_form_fields(SIGNATURE_FIELDS, request, policy),
        nothing=policy.nothing,
        situations=tuple(FormField(name, meaning) for name, meaning in policy.situations.items()),
        instrument=named,
        meaning=specs[named].description if named and named in specs else "",
        because=choice.because if choice and choice.instrument == named else "",
        hours=hours,
        hours_after=hours + (request.hours or 0),
        ends_on=ends_on,
        ends_on_after=request.new_end or ends_on,
        contract=before.contract,
        contract_after=request.contract or before.contract,
        missing=tuple(policy.fields[name] for name in request.missing(policy.required_fields)),
        wrong=tuple(request.invalid.values()),
        approvers=tuple(sorted(deciders_of(named, engagement, policy))) if named else (),
        decision=decision,
    )


def _form_fields(names: Iterable[str], request: ChangeRequest, policy: ChangePolicy) -> tuple[FormField, ...]:
    return tuple(
        FormField(policy.fields[name], request.answers.get(name, ""))
        for name in names
        if name in policy.fields
    )
