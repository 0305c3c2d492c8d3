"""``psbot change-request``: plan a new change request, and report the status of existing ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from psbot.core.changes.amendment import MissingAmendment
from psbot.core.changes.form import ChangeRequestView, parse_requests, view_new_request, view_request
from psbot.core.changes.request import ChangeRequest, interpret
from psbot.core.desired.on_demand import find_existing, new_item, request_key
from psbot.core.desired.schedule import Context, schedule_on_demand
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import CreateChild, CreateLabel, Operation
from psbot.core.model.process import Process, lowest_free_number
from psbot.core.plan.plan import Plan, sort_operations
from psbot.core.records import phase
from psbot.core.text.marker import REQUEST_KEY
from psbot.core.workflow.change_requests import missing_in_file
from psbot.errors import PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.histories import with_histories
from psbot.observe.observe import observe_many
from psbot.runs.plans import (
    NO_TEXT,
    PlanInput,
    Planned,
    Planner,
    check_projects,
    plan_advance,
    plan_duplicates,
)

_NOTHING = "no change request was created"


def plan_change_request(answers: Mapping[str, str]) -> Planner:
    """Return the planner that creates a change request from *answers*, by field name.

    It raises PsbotError where an answer is invalid, where the engagement is not in GitLab, and where it has ended.
    """

    def plan(given: PlanInput) -> Planned:
        engagement, process = given.engagement, given.process
        check_projects(engagement, given.observation, process)
        _check_is_open(engagement, given.snapshot, process)
        new = _plan_new_request(answers, given)
        closing, observation = plan_duplicates(given)
        own = [each for each in closing if each.item.kind == process.changes.kind]
        operations = sort_operations((*new.operations, *own))
        return Plan(engagement.key, operations, findings=new.findings), observation

    return plan


def _check_is_open(engagement: Engagement, observed: Snapshot, process: Process) -> None:
    if observed.epic is None:
        raise PsbotError(f"{engagement.key} is not in GitLab", "run psbot apply on its file first")
    if ended := phase.final_phase_finding(observed.epic, process):
        raise PsbotError(f"{engagement.key}: {ended.message}", _NOTHING)


def _plan_new_request(answers: Mapping[str, str], given: PlanInput) -> Plan:
    engagement, process, observed = given.engagement, given.process, given.snapshot
    context = Context(engagement, process, engagement.today(given.now))
    kind, request = process.kinds[process.changes.kind], interpret(answers, process.changes)
    if request.invalid:
        raise PsbotError(f"{engagement.key}: {'; '.join(request.invalid.values())}", _NOTHING)
    key = request_key(answers)
    if same := find_existing(kind, key, observed):
        message = f"already requested: {same.reference}; close it to request the same again"
        return Plan(
            engagement.key, findings=(Finding("already-requested", Severity.INFO, message, same.key),)
        )
    scheduled = schedule_on_demand(kind, context, lowest_free_number(kind, observed.by_key()), context.today)
    view = view_new_request(scheduled.key, request, engagement, process, context.today)
    item = new_item(scheduled, {REQUEST_KEY: key}, context, given.templates, {"change": view})
    labels: list[Operation] = [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title in item.labels - observed.labels
    ]
    reason = f"requested with psbot change-request; {_instrument_reason(view.instrument, view.because)}"
    return Plan(engagement.key, sort_operations((*labels, CreateChild(item, reason))))


def _instrument_reason(instrument: str | None, because: str) -> str:
    return f"requires {instrument} ({because})" if instrument else "its instrument is not decided yet"


@dataclass(frozen=True, slots=True)
class ChangeRequestStatus:
    """One change request: its form, its state (the label's value), its findings, and what the file is missing."""

    item: Item
    view: ChangeRequestView
    state: str | None
    findings: tuple[Finding, ...] = ()
    missing_amendment: MissingAmendment | None = None


def change_requests_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, tuple[ChangeRequestStatus, ...] | PsbotError]]:
    """Yield each engagement with its change requests by number, or with the error that prevents reading them."""
    for engagement, found in with_histories(reader, observe_many(reader, engagements, process), process, now):
        try:
            if isinstance(found, PsbotError):
                raise found
            given = PlanInput(reader, engagement, found, process, NO_TEXT, now)
            plan, observation = plan_advance(given)
        except PsbotError as error:
            yield engagement, error
            continue
        facts = replace(given, observation=observation).facts()
        items = observation.snapshot.by_key()
        requests = parse_requests(items.values(), process.changes)
        yield (
            engagement,
            tuple(_status_of(items[key], each, facts, plan) for key, each in requests.items()),
        )


def _status_of(item: Item, request: ChangeRequest, facts: Facts, plan: Plan) -> ChangeRequestStatus:
    engagement, process = facts.engagement, facts.process
    return ChangeRequestStatus(
        item,
        view_request(item, request, engagement, process, facts.today),
        process.catalogue.value("change", item.labels),
        tuple(each for each in plan.findings if each.item == item.key),
        missing_in_file(item, request, facts),
    )
