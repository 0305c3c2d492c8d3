"""A change request as its template shows it: its fields, its instrument and why, and what it changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.changes.amendment import engagement_before
from psbot.core.changes.instrument import choose_instrument, deciders_of
from psbot.core.changes.request import ChangeRequest, parse_request
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
    """One change request as its template sees it, with hours, end date and contract before and after it.

    ``what``, ``impact`` and ``paper`` are its fields, ``paper`` those of the signed document. ``missing`` are the names
    of required fields without a value, and ``wrong`` says which values are invalid. ``meaning`` describes the
    instrument, and ``approvers`` are the usernames of those who may decide.
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
    """Return the change requests among *items*, by key; managed sections are not part of a request.

    If several requests have the same reference, only the first keeps it. The others are known by their keys, so that
    no request is mistaken for another one.
    """
    requests: dict[str, ChangeRequest] = {}
    references: set[str] = set()
    of_kind = [item for item in items if item.kind == policy.kind]
    for item in sorted(of_kind, key=lambda item: (len(item.key), item.key)):
        request = parse_request(human_text(item.description), policy)
        if request.reference in references:
            request = replace(request, reference=None)
        references |= {request.reference} if request.reference else set()
        requests[item.key] = request
    return requests


def view_new_request(
    key: str, request: ChangeRequest, engagement: Engagement, process: Process, today: date
) -> ChangeRequestView:
    """Return the view of a change request that psbot is about to create."""
    return _view(key, request, engagement, process, today, instrument=None, decision=None)


def view_request(
    item: Item, request: ChangeRequest, engagement: Engagement, process: Process, today: date
) -> ChangeRequestView:
    """Return the view of the change request *item*; its label names the instrument."""
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
