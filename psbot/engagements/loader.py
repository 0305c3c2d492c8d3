"""Engagement files → core facts; errors and warnings with their places, all at once."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo

from psbot.core.desired.file_findings import findings
from psbot.core.model import engagement as core
from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.core.model.finding import Finding, Severity
from psbot.engagements.checks import Issue, Sheet, issues, workdays_of
from psbot.engagements.policy import Bounds
from psbot.engagements.schema import CallsEntry, EngagementFile, MilestoneEntry
from psbot.errors import FileProblems, Problem, PsbotError
from psbot.parsing.validation import validate
from psbot.parsing.yaml_document import Document, Path, load, parse

_WEEKS = {"week": 1, "two-weeks": 2}
LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning at its place in the file."""

    code: str
    problem: Problem

    def finding(self) -> Finding:
        """Return the warning as a finding of the engagement."""
        where = f"{self.problem.path}: " if self.problem.path else ""
        hint = f"; {self.problem.hint}" if self.problem.hint else ""
        return Finding(self.code, Severity.WARNING, f"{where}{self.problem.message}{hint}")


# Where in the file findings stand; one about a kind that is left out stands at the kind.
_KEY: Path = ("engagement",)
_SKIPPED: Path = ("skip",)
_FINDINGS: dict[str, Path] = {"no-engineer": ("people",), "kick-off-without-deal": ("kick_off_on",)}
_POINTED = frozenset({_KEY, *_FINDINGS.values()})


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engagement file that was read: the engagement, or the error that stops it."""

    file: str
    document: Document | None = None
    engagement: core.Engagement | None = None
    warnings: tuple[Warned, ...] = ()
    error: PsbotError | None = None


def load_engagement(file: FilePath, bounds: Bounds) -> Loaded:
    """Read *file*; what is wrong with it is in the result, never raised."""
    try:
        document = load(file)
    except PsbotError as error:
        return Loaded(str(file), error=error)
    return read_engagement(document, bounds)


def parse_engagement(file: str, text: str, bounds: Bounds) -> Loaded:
    """Read the engagement file in *text*; ``file`` is the name that errors show."""
    try:
        document = parse(file, text)
    except PsbotError as error:
        return Loaded(file, error=error)
    return read_engagement(document, bounds)


def load_portfolio(files: Iterable[FilePath], bounds: Bounds) -> list[Loaded]:
    """Read *files*; a key that stands in several of them stops each of these."""
    return unique(_outlined(load_engagement(file, bounds)) for file in files)


def unique(read: Iterable[Loaded]) -> list[Loaded]:
    """Return what was *read*, each file whose key another one has with that as its error."""
    portfolio = list(read)
    by_key: dict[str, list[Loaded]] = defaultdict(list)
    for loaded in portfolio:
        if loaded.engagement:
            by_key[loaded.engagement.key].append(loaded)
    return [_unique(each, by_key) for each in portfolio]


def _outlined(loaded: Loaded) -> Loaded:
    """Return *loaded* with the places that can still be pointed at: of a thousand files, all would be a lot."""
    if loaded.document is None:
        return loaded
    document = loaded.document
    values, keys = (
        {path: at for path, at in places.items() if path in _POINTED or path[:1] == _SKIPPED}
        for places in (document.values, document.keys)
    )
    return replace(loaded, document=Document(document.file, None, values, keys))


def _unique(loaded: Loaded, by_key: dict[str, list[Loaded]]) -> Loaded:
    if loaded.engagement is None or loaded.document is None:
        return loaded
    others = [other.file for other in by_key[loaded.engagement.key] if other is not loaded]
    if not others:
        return loaded
    message = f"{loaded.engagement.key} is the key of {', '.join(others)} too"
    problem = loaded.document.problem(_KEY, message, "give each engagement a key of its own")
    return Loaded(loaded.file, loaded.document, error=FileProblems([problem]))


def read_engagement(document: Document, bounds: Bounds) -> Loaded:
    """Return the engagement of *document*, or everything that is wrong in it."""
    result = validate(EngagementFile, document)
    sheet = Sheet(result.parts, bounds)
    found = list(issues(sheet)) if result.parts else []
    wrong = [*result.problems, *(_at(document, issue) for issue in found if issue.code is None)]
    warnings = tuple(Warned(issue.code, _at(document, issue)) for issue in found if issue.code)
    workdays = workdays_of(sheet)
    if wrong or result.model is None or workdays is None:
        return Loaded(document.file, document, warnings=warnings, error=FileProblems(wrong))
    return Loaded(document.file, document, _engagement(document.file, result.model, workdays), warnings)


def _at(document: Document, issue: Issue) -> Problem:
    return document.problem(issue.path, issue.message, issue.hint, at_key=issue.at_key)


def remarks(loaded: Loaded, bounds: Bounds, now: datetime) -> list[str]:
    """Return what a person should read of a file besides its errors, in the order of its lines."""
    if loaded.document is None:
        return []
    places = [(warned.problem, Severity.WARNING) for warned in loaded.warnings]
    if engagement := loaded.engagement:
        places += [
            (loaded.document.problem(_key_of(finding), finding.message), finding.severity)
            for finding in findings(engagement, bounds, engagement.today(now))
        ]
    return [
        f"{problem.file}:{problem.line}:{problem.column}: {severity.value}: {problem.said}"
        for problem, severity in sorted(places)
    ]


def _key_of(finding: Finding) -> Path:
    return _FINDINGS.get(finding.code) or (*_SKIPPED, finding.item or "")


def _engagement(file: str, model: EngagementFile, workdays: Workdays) -> core.Engagement:
    people = model.people
    return core.Engagement(
        key=model.engagement,
        customer=model.customer,
        sow=model.sow,
        hosting=model.hosting,
        contract=model.contract,
        budget_hours=model.budget_hours,
        closed_won_on=model.closed_won_on,
        kick_off_on=model.kick_off_on,
        ends_on_in_file=model.ends_on,
        time_zone=model.time_zone,
        zone=ZoneInfo(model.time_zone),
        workdays=workdays,
        gitlab=core.Places(
            model.gitlab.group,
            model.gitlab.project,
            model.gitlab.internal_project,
            model.gitlab.label_group or model.gitlab.group,
        ),
        manager=people.manager,
        engineers=tuple(people.engineers),
        project_manager=people.project_manager,
        delivery_lead=people.delivery_lead,
        contacts=tuple(core.Contact(each.name, each.email, each.role) for each in model.customer_contacts),
        calls=_calls(model.calls) if model.calls else None,
        standups=core.Standups(model.standups.every, model.standups.at) if model.standups else None,
        milestones=tuple(_milestones(model.milestones)),
        links=dict(model.links),
        intake=dict(model.intake),
        skip=dict(model.skip),
        amendments=tuple(
            core.Amendment(each.reference, each.signed_on, each.hours, each.ends_on)
            for each in model.amendments
        ),
        file=file,
    )


def _calls(calls: CallsEntry) -> core.Calls:
    return core.Calls(_WEEKS[calls.every], WEEKDAYS.index(calls.on), calls.on, calls.at, calls.minutes)


def _milestones(entries: Sequence[MilestoneEntry]) -> Iterable[core.Milestone]:
    taken: set[str] = set()
    for position, entry in enumerate(entries, 1):
        key = slug(entry.name)
        if not key or key in taken:
            key = str(position)
        while key in taken:
            key = f"{position}-{key}"
        taken.add(key)
        yield core.Milestone(entry.name, entry.due, key)


def slug(name: str) -> str:
    """Return *name* in ASCII, lower case, everything else one ``-``; empty where nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:LONGEST_KEY].strip("-")
