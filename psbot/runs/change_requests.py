"""``psbot change-request``: draw what opens one, refusing what cannot be read; and where those that are there stand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from psbot.core.changes.amendment import Amending
from psbot.core.changes.form import Change, form, form_of, requests_of
from psbot.core.changes.request import Request, understood
from psbot.core.desired.build import Words
from psbot.core.desired.on_demand import asked_already, asked_for, identity
from psbot.core.desired.schedule import Situation, on_demand
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import CreateChild, CreateLabel, Operation
from psbot.core.model.process import Process, lowest_free
from psbot.core.plan.plan import Plan, in_order
from psbot.core.records import phase as phases
from psbot.core.text.marker import ASKED
from psbot.core.workflow.change_requests import lacking
from psbot.errors import PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.observe.histories import ahead
from psbot.observe.observation import Observation
from psbot.observe.observe import observe_many
from psbot.runs.plans import WORDLESS, Draw, Drawn, check_places, doubles, draw_advance


def draw_change(answers: Mapping[str, str]) -> Draw:
    """Return the function that draws the plan which opens a change request of *answers*, by the names of its lines.

    Raises PsbotError where an answer cannot be read, where the engagement is not in GitLab, and where it is over.
    """

    def draw(  # noqa: PLR0917  see Draw
        reader: ForgeReader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        words: Words,
        now: datetime,
    ) -> Drawn:
        check_places(engagement, observation, process)
        observed, situation = observation.snapshot, Situation(engagement, process, engagement.today(now))
        _check(engagement, observed, process)
        plan = _opened(answers, situation, observed, words)
        closing, told = doubles(reader, engagement, observation, process)
        own = [each for each in closing if each.item.kind == process.changes.kind]
        return Plan(engagement.key, in_order((*plan.operations, *own)), findings=plan.findings), told

    return draw


def _check(engagement: Engagement, observed: Snapshot, process: Process) -> None:
    if observed.epic is None:
        raise PsbotError(f"{engagement.key} is not in GitLab", "apply the engagement file first")
    if ended := phases.over(observed.epic, process):
        raise PsbotError(f"{engagement.key}: {ended.message}", "nothing was opened")


def _opened(answers: Mapping[str, str], situation: Situation, observed: Snapshot, words: Words) -> Plan:
    engagement, process = situation.engagement, situation.process
    kind, request = process.kinds[process.changes.kind], understood(answers, process.changes)
    if request.wrong:
        raise PsbotError(f"{engagement.key}: {'; '.join(request.wrong.values())}", "nothing was opened")
    mark = identity(answers)
    if same := asked_already(kind, mark, observed):
        said = f"it is open already: {same.namespace}#{same.iid}; close that one to ask for the same again"
        return Plan(engagement.key, findings=(Finding("asked-already", Severity.INFO, said, same.key),))
    draft = on_demand(kind, situation, lowest_free(kind, observed.by_key()), situation.today)
    change = form(draft.key, request, engagement, process, situation.today)
    item = asked_for(draft, {ASKED: mark}, situation, words, {"change": change})
    why = f"somebody asks for it; {_needs(change.instrument, change.because)}"
    labels: list[Operation] = [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title in item.labels - observed.labels
    ]
    return Plan(engagement.key, in_order((*labels, CreateChild(item, why))))


def _needs(instrument: str | None, because: str) -> str:
    return (
        f"by what it says it needs {instrument}, because {because}"
        if instrument
        else "its instrument is open"
    )


@dataclass(frozen=True, slots=True)
class Requested:
    """One change request: how it reads, how far it is (the label's value), what was found, what the file lacks."""

    item: Item
    change: Change
    value: str | None
    findings: tuple[Finding, ...] = ()
    lacking: Amending | None = None


def requests_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, tuple[Requested, ...] | PsbotError]]:
    """Yield each engagement with its change requests by number, or with what keeps it from being read."""
    for engagement, found in ahead(reader, observe_many(reader, engagements, process), process, now):
        try:
            if isinstance(found, PsbotError):
                raise found
            drawn, told = draw_advance(reader, engagement, found, process, WORDLESS, now)
        except PsbotError as error:
            yield engagement, error
            continue
        facts = Facts(engagement, process, told.snapshot, now, told.histories)
        items = told.snapshot.by_key()
        requests = requests_of(items.values(), process.changes)
        yield (
            engagement,
            tuple(_requested(items[key], each, facts, drawn) for key, each in requests.items()),
        )


def _requested(item: Item, request: Request, facts: Facts, drawn: Plan) -> Requested:
    engagement, process = facts.engagement, facts.process
    return Requested(
        item,
        form_of(item, request, engagement, process, facts.today),
        process.catalogue.value("change", item.labels),
        tuple(each for each in drawn.findings if each.item == item.key),
        lacking(item, request, facts),
    )
