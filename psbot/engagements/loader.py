"""Loads engagement files into the domain model, with all errors and warnings and their positions."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo

from psbot.core.desired.customer_separation import NOT_SEPARATED, SEPARATE_GROUPS, separation_problems
from psbot.core.desired.file_findings import collect_file_findings
from psbot.core.model import engagement as core
from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.core.model.finding import Finding, Severity
from psbot.engagements.checks import FileParts, RuleViolation, business_days_of, find_violations
from psbot.engagements.policy import FilePolicy
from psbot.engagements.schema import CallsEntry, EngagementFile, MilestoneEntry
from psbot.errors import FileProblems, Problem, PsbotError
from psbot.parsing.validation import validate
from psbot.parsing.yaml_document import Document, KeyPath, load_yaml, parse_yaml

_WEEKS = {"week": 1, "two-weeks": 2}
MAX_KEY_LENGTH = 60


@dataclass(frozen=True, slots=True)
class FileWarning:
    """A warning at its place in the file."""

    code: str
    problem: Problem

    def as_finding(self) -> Finding:
        """Return the warning as a finding of the engagement."""
        where = f"{self.problem.path}: " if self.problem.path else ""
        hint = f"; {self.problem.hint}" if self.problem.hint else ""
        return Finding(self.code, Severity.WARNING, f"{where}{self.problem.message}{hint}")


# Where findings are located in the file; one about a skipped kind is located at the kind.
_KEY_PATH: KeyPath = ("engagement",)
_SKIP_PATH: KeyPath = ("skip",)
_FINDING_PATHS: dict[str, KeyPath] = {"no-engineer": ("people",), "kick-off-without-deal": ("kick_off_on",)}
_GROUP_PATH: KeyPath = ("gitlab", "group")
_KEPT_PATHS = frozenset({_KEY_PATH, _GROUP_PATH, *_FINDING_PATHS.values()})


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of loading an engagement file: the engagement, or the error that rejects it."""

    file: str
    document: Document | None = None
    engagement: core.Engagement | None = None
    warnings: tuple[FileWarning, ...] = ()
    error: PsbotError | None = None


def load_engagement(file: FilePath, policy: FilePolicy) -> LoadResult:
    """Read *file*; errors are in the result, never raised."""
    try:
        document = load_yaml(file)
    except PsbotError as error:
        return LoadResult(str(file), error=error)
    return parse_document(document, policy)


def parse_engagement(file: str, text: str, policy: FilePolicy) -> LoadResult:
    """Read the engagement file in *text*; ``file`` is the name in error messages."""
    try:
        document = parse_yaml(file, text)
    except PsbotError as error:
        return LoadResult(file, error=error)
    return parse_document(document, policy)


def load_portfolio(files: Iterable[FilePath], policy: FilePolicy) -> list[LoadResult]:
    """Read *files*; files with the same key are all rejected, and customers that are not separated are warnings."""
    return check_portfolio(_without_text(load_engagement(file, policy)) for file in files)


def check_portfolio(results: Iterable[LoadResult]) -> list[LoadResult]:
    """Return *results* with what is wrong between files: errors for duplicate keys, warnings for customers."""
    portfolio = reject_duplicate_keys(results)
    problems = separation_problems(each.engagement for each in portfolio if each.engagement)
    return [_with_separation(each, problems) for each in portfolio]


def _with_separation(loaded: LoadResult, problems: Mapping[str, Sequence[str]]) -> LoadResult:
    if loaded.engagement is None or loaded.document is None:
        return loaded
    warnings = [
        FileWarning(NOT_SEPARATED, loaded.document.problem(_GROUP_PATH, message, SEPARATE_GROUPS))
        for message in problems.get(loaded.engagement.key, ())
    ]
    return replace(loaded, warnings=(*loaded.warnings, *warnings)) if warnings else loaded


def reject_duplicate_keys(results: Iterable[LoadResult]) -> list[LoadResult]:
    """Return *results*, with an error for each file whose key another file has too."""
    portfolio = list(results)
    by_key: dict[str, list[LoadResult]] = defaultdict(list)
    for loaded in portfolio:
        if loaded.engagement:
            by_key[loaded.engagement.key].append(loaded)
    return [_reject_duplicate_key(each, by_key) for each in portfolio]


def _without_text(loaded: LoadResult) -> LoadResult:
    """Return *loaded* with only the positions that are still needed, to save memory with a thousand files."""
    if loaded.document is None:
        return loaded
    document = loaded.document
    values, keys = (
        {path: at for path, at in places.items() if path in _KEPT_PATHS or path[:1] == _SKIP_PATH}
        for places in (document.values, document.keys)
    )
    return replace(loaded, document=Document(document.file, None, values, keys))


def _reject_duplicate_key(loaded: LoadResult, by_key: dict[str, list[LoadResult]]) -> LoadResult:
    if loaded.engagement is None or loaded.document is None:
        return loaded
    others = [other.file for other in by_key[loaded.engagement.key] if other is not loaded]
    if not others:
        return loaded
    message = f"duplicate key {loaded.engagement.key}, also used in {', '.join(others)}"
    problem = loaded.document.problem(_KEY_PATH, message, "every engagement needs a unique key")
    return LoadResult(loaded.file, loaded.document, error=FileProblems([problem]))


def parse_document(document: Document, policy: FilePolicy) -> LoadResult:
    """Return the engagement of *document*, or all its errors."""
    result = validate(EngagementFile, document)
    sheet = FileParts(result.parts, policy)
    found = list(find_violations(sheet)) if result.parts else []
    wrong = [*result.problems, *(_problem_at(document, issue) for issue in found if issue.code is None)]
    warnings = tuple(FileWarning(issue.code, _problem_at(document, issue)) for issue in found if issue.code)
    workdays = business_days_of(sheet)
    if wrong or result.model is None or workdays is None:
        return LoadResult(document.file, document, warnings=warnings, error=FileProblems(wrong))
    return LoadResult(
        document.file, document, _to_engagement(document.file, result.model, workdays), warnings
    )


def _problem_at(document: Document, issue: RuleViolation) -> Problem:
    return document.problem(issue.path, issue.message, issue.hint, at_key=issue.at_key)


def warning_lines(loaded: LoadResult, policy: FilePolicy, now: datetime) -> list[str]:
    """Return the warnings and findings of a file, sorted by line."""
    if loaded.document is None:
        return []
    places = [(warned.problem, Severity.WARNING) for warned in loaded.warnings]
    if engagement := loaded.engagement:
        places += [
            (loaded.document.problem(_path_of(finding), finding.message), finding.severity)
            for finding in collect_file_findings(engagement, policy, engagement.today(now))
        ]
    return [
        f"{problem.file}:{problem.line}:{problem.column}: {severity.value}: {problem.full_message}"
        for problem, severity in sorted(places)
    ]


def _path_of(finding: Finding) -> KeyPath:
    return _FINDING_PATHS.get(finding.code) or (*_SKIP_PATH, finding.item or "")


def _to_engagement(file: str, model: EngagementFile, workdays: Workdays) -> core.Engagement:
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
        gitlab=core.GitLabPaths(
            model.gitlab.group,
            model.gitlab.project,
            model.gitlab.internal_project,
            model.gitlab.label_group or model.gitlab.group,
            model.gitlab.shared_with_customer,
        ),
        manager=people.manager,
        engineers=tuple(people.engineers),
        project_manager=people.project_manager,
        delivery_lead=people.delivery_lead,
        contacts=tuple(core.Contact(each.name, each.email, each.role) for each in model.customer_contacts),
        calls=_to_calls(model.calls) if model.calls else None,
        standups=core.StandupCadence(model.standups.every, model.standups.at) if model.standups else None,
        milestones=tuple(_to_milestones(model.milestones)),
        links=dict(model.links),
        intake=dict(model.intake),
        skip=dict(model.skip),
        amendments=tuple(
            core.Amendment(each.reference, each.signed_on, each.hours, each.ends_on)
            for each in model.amendments
        ),
        file=file,
    )


def _to_calls(calls: CallsEntry) -> core.CallCadence:
    return core.CallCadence(_WEEKS[calls.every], WEEKDAYS.index(calls.on), calls.on, calls.at, calls.minutes)


def _to_milestones(entries: Sequence[MilestoneEntry]) -> Iterable[core.Milestone]:
    taken: set[str] = set()
    for position, entry in enumerate(entries, 1):
        key = slugify(entry.name)
        if not key or key in taken:
            key = str(position)
        while key in taken:
            key = f"{position}-{key}"
        taken.add(key)
        yield core.Milestone(entry.name, entry.due, key)


def slugify(name: str) -> str:
    """Return *name* in ASCII, lower case, everything else one ``-``; empty if nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MAX_KEY_LENGTH].strip("-")
