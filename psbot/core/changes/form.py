"""A change request as it reads: its lines, the instrument and why, what becomes of hours, end and contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.changes import request as changes
from psbot.core.changes.amendment import without
from psbot.core.changes.instrument import approvers, choose
from psbot.core.changes.request import Request
from psbot.core.model.change_policy import PAPER, TELLING, Changes
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item
from psbot.core.model.process import Process
from psbot.core.records.change_decision import Decision, decision
from psbot.core.text.form import Said
from psbot.core.text.marker import words

_WHAT = ("summary", *TELLING)


@dataclass(frozen=True, slots=True)
class Change:
    """One change request as its template sees it; hours, end and contract are those before and after it.

    ``what``, ``impact`` and ``paper`` are its lines, ``missing`` the names of those that are still to be filled,
    ``wrong`` what cannot be read there. ``meaning`` says what the instrument is. ``approvers`` are usernames.
    """

    what: tuple[Said, ...] = ()
    impact: tuple[Said, ...] = ()
    paper: tuple[Said, ...] = ()
    nothing: str = ""
    situations: tuple[Said, ...] = ()
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
    decision: Decision | None = None


def requests_of(items: Iterable[Item], policy: Changes) -> Mapping[str, Request]:
    """Return what people say in change requests, by key; what psbot writes there does not count.

    Of several that name one paper the first has it: the others go by their keys, so that none is taken for another.
    """
    found: dict[str, Request] = {}
    papers: set[str] = set()
    asked = [item for item in items if item.kind == policy.kind]
    for item in sorted(asked, key=lambda item: (len(item.key), item.key)):
        request = changes.read(words(item.description), policy)
        if request.reference in papers:
            request = replace(request, reference=None)
        papers |= {request.reference} if request.reference else set()
        found[item.key] = request
    return found


def form(key: str, request: Request, engagement: Engagement, process: Process, today: date) -> Change:
    """Return how a change request reads that is to be made of *request*."""
    return _form(key, request, engagement, process, today, instrument=None, made=None)


def form_of(item: Item, request: Request, engagement: Engagement, process: Process, today: date) -> Change:
    """Return how the change request *item* reads, which says *request*; its label names the instrument."""
    instrument = process.catalogue.value("instrument", item.labels)
    return _form(item.key, request, engagement, process, today, instrument=instrument, made=decision(item))


def _form(
    key: str,
    request: Request,
    engagement: Engagement,
    process: Process,
    today: date,
    *,
    instrument: str | None,
    made: Decision | None,
) -> Change:
    policy, before = process.changes, without(key, request, engagement)
    choice = choose(request, before, today, policy)
    named = instrument or (choice.instrument if choice else None)
    specs = process.catalogue.scopes["instrument"].labels if "instrument" in process.catalogue.scopes else {}
    hours, ends_on = before.hours(today), before.ends_on(today)
    return Change(
        what=_said(_WHAT, request, policy),
        impact=_said(policy.impact, request, policy),
        paper=_said(PAPER, request, policy),
        nothing=policy.nothing,
        situations=tuple(Said(name, meaning) for name, meaning in policy.situations.items()),
        instrument=named,
        meaning=specs[named].description if named and named in specs else "",
        because=choice.because if choice and choice.instrument == named else "",
        hours=hours,
        hours_after=hours + (request.hours or 0),
        ends_on=ends_on,
        ends_on_after=request.new_end or ends_on,
        contract=before.contract,
        contract_after=request.contract or before.contract,
        missing=tuple(policy.lines[name] for name in request.missing(policy.needed)),
        wrong=tuple(request.wrong.values()),
        approvers=tuple(sorted(approvers(named, engagement, policy))) if named else (),
        decision=made,
    )


def _said(names: Iterable[str], request: Request, policy: Changes) -> tuple[Said, ...]:
    return tuple(
        Said(policy.lines[name], request.answers.get(name, "")) for name in names if name in policy.lines
    )
