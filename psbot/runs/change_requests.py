"""``psbot change-request``: draw what opens one, refusing what cannot be read; and where those that are there stand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from psbot.core.changes.amendment import MissingAmendment
from psbot.core.changes.form import ChangeRequestView, parse_requests, view_new_request, view_request
from psbot.core.changes.request import ChangeRequest, interpret
from psbot.core.desired.build import Renderer
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
from psbot.observe.observation import Observation
from psbot.observe.observe import observe_many
from psbot.runs.plans import NO_TEXT, Planned, Planner, check_projects, plan_advance, plan_duplicates


def plan_change_request(answers: Mapping[str, str]) -> Planner:
    """Return the function that draws the plan which opens a change request of *answers*, by the names of its lines.

    Raises PsbotError where an answer cannot be read, where the engagement is not in GitLab, and where it is over.
    """

    def draw(  # noqa: PLR0917  see Draw
        reader: Reader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        words: Renderer,
        now: datetime,
    ) -> Planned:
        check_projects(engagement, observation, process)
        observed, situation = observation.snapshot, Context(engagement, process, engagement.today(now))
        _check_is_open(engagement, observed, process)
        plan = _plan_new_request(answers, situation, observed, words)
        closing, told = plan_duplicates(reader, engagement, observation, process)
        own = [each for each in closing if each.item.kind == process.changes.kind]
        return Plan(engagement.key, sort_operations((*plan.operations, *own)), findings=plan.findings), told

    return draw


def _check_is_open(engagement: Engagement, observed: Snapshot, process: Process) -> None:
    if observed.epic is None:
        raise PsbotError(f"{engagement.key} is not in GitLab", "apply the engagement file first")
    if ended := phase.final_phase_finding(observed.epic, process):
        raise PsbotError(f"{engagement.key}: {ended.message}", "nothing was opened")


def _plan_new_request(
    answers: Mapping[str, str], situation: Context, observed: Snapshot, templates: Renderer
) -> Plan:
    engagement, process = situation.engagement, situation.process
    kind, request = process.kinds[process.changes.kind], interpret(answers, process.changes)
    if request.invalid:
        raise PsbotError(f"{engagement.key}: {'; '.join(request.invalid.values())}", "nothing was opened")
    mark = request_key(answers)
    if same := find_existing(kind, mark, observed):
        said = f"it is open already: {same.reference}; close that one to ask for the same again"
        return Plan(engagement.key, findings=(Finding("already-requested", Severity.INFO, said, same.key),))
    draft = schedule_on_demand(kind, situation, lowest_free_number(kind, observed.by_key()), situation.today)
    change = view_new_request(draft.key, request, engagement, process, situation.today)
    item = new_item(draft, {REQUEST_KEY: mark}, situation, templates, {"change": change})
    why = f"somebody asks for it; {_instrument_reason(change.instrument, change.because)}"
    labels: list[Operation] = [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title in item.labels - observed.labels
    ]
    return Plan(engagement.key, sort_operations((*labels, CreateChild(item, why))))


def _instrument_reason(instrument: str | None, because: str) -> str:
    return (
        f"by what it says it needs {instrument}, because {because}"
        if instrument
        else "its instrument is open"
    )


@dataclass(frozen=True, slots=True)
class ChangeRequestStatus:
    """One change request: how it reads, how far it is (the label's value), what was found, what the file lacks."""

    item: Item
    view: ChangeRequestView
    state: str | None
    findings: tuple[Finding, ...] = ()
    missing_amendment: MissingAmendment | None = None


def change_requests_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, tuple[ChangeRequestStatus, ...] | PsbotError]]:
    """Yield each engagement with its change requests by number, or with what keeps it from being read."""
    for engagement, found in with_histories(reader, observe_many(reader, engagements, process), process, now):
        try:
            if isinstance(found, PsbotError):
                raise found
            drawn, told = plan_advance(reader, engagement, found, process, NO_TEXT, now)
        except PsbotError as error:
            yield engagement, error
            continue
        facts = Facts(engagement, process, told.snapshot, now, told.histories)
        items = told.snapshot.by_key()
        requests = parse_requests(items.values(), process.changes)
        yield (
            engagement,
            tuple(_status_of(items[key], each, facts, drawn) for key, each in requests.items()),
        )


def _status_of(item: Item, request: ChangeRequest, facts: Facts, drawn: Plan) -> ChangeRequestStatus:
    engagement, process = facts.engagement, facts.process
    return ChangeRequestStatus(
        item,
        view_request(item, request, engagement, process, facts.today),
        process.catalogue.value("change", item.labels),
        tuple(each for each in drawn.findings if each.item == item.key),
        missing_in_file(item, request, facts),
    )
