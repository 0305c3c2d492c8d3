"""What has gone quiet and what was done about it, as one data set: JSON, text, Markdown and JUnit render it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.finding import Finding
from psbot.core.staleness.escalation import StaleFinding
from psbot.core.staleness.measure import Measurement
from psbot.core.text.escape import escape_markdown, replace_control_characters
from psbot.errors import PsbotError
from psbot.report import portfolio_digest
from psbot.report.apply_rows import not_done_lines, receipt_name, receipt_summary
from psbot.report.json_text import to_json
from psbot.report.junit import CaseResult, JUnitCase, JUnitSuite, junit_xml
from psbot.report.terminal import captured_text, console_in_memory, print_indented
from psbot.runs.stale.portfolio_digests import DigestResult
from psbot.runs.stale.run import EngagementResult

SCHEMA_VERSION = 1
_HEADERS = ("engagement", "findings", "oldest", "tells", "written")


@dataclass(frozen=True, slots=True)
class StaleRow:
    """One engagement: its findings, what could not be checked, what was written, what was left, what stopped it."""

    file: str
    engagement: str
    stale: tuple[StaleFinding, ...] = ()
    unchecked: tuple[Measurement, ...] = ()
    not_measured_because: str = ""
    findings: tuple[Finding, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    is_postponed: bool = False
    error: PsbotError | None = None

    @classmethod
    def of(cls, file: str, result: EngagementResult) -> "StaleRow":
        """Return what is to be told of one engagement of a run."""
        if result.outcome is None:
            return cls(file, result.engagement.key, error=result.error)
        response, reconciled = result.outcome.scanned.response, result.outcome.reconciled
        return cls(
            file,
            result.engagement.key,
            response.stale,
            response.measurements.unchecked,
            response.measurements.not_measured_because,
            reconciled.plan.findings,
            reconciled.receipts,
            result.outcome.is_postponed,
            reconciled.error,
        )

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.stale or self.unchecked or self.receipts or self.is_postponed or self.error)

    def done(self) -> list[Receipt]:
        """Return the receipts of what is done."""
        return [each for each in self.receipts if each.outcome is Outcome.DONE]

    def not_done(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [each for each in self.receipts if each.outcome is not Outcome.DONE]


def render_stale(
    form: str,
    told: Sequence[StaleRow],
    now: datetime,
    digests: Sequence[DigestResult] = (),
    *,
    in_ci: bool = False,
) -> str:
    """Return *told* and the portfolio *digests* as ``text``, ``json``, ``markdown``, or *told* as ``junit``.

    *in_ci* folds engagements in the job's log.
    """
    match form:
        case "json":
            return to_json(as_data(told, now, digests))
        case "markdown":
            return _markdown(told, digests)
        case "junit":
            return junit_report(told)
        case _:
            sections = (_section_text(each, now, in_ci) for each in told if not each.is_empty)
            return "".join(sections) + _summary_text(told, digests)


def as_data(
    told: Sequence[StaleRow], now: datetime, digests: Sequence[DigestResult] = ()
) -> dict[str, object]:
    """Return what was found as one JSON object."""
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagements": [_row_data(each) for each in told],
        "digests": [portfolio_digest.digest_data(each) for each in digests],
        "summary": {
            "engagements": len(told),
            "stale": sum(bool(each.stale) for each in told),
            "findings": sum(len(each.stale) for each in told),
            "unchecked": sum(len(each.unchecked) for each in told),
            "written": sum(len(each.done()) for each in told),
            "left": sum(each.is_postponed for each in told),
        },
    }


def _row_data(each: StaleRow) -> dict[str, object]:
    return {
        "engagement": each.engagement,
        "file": each.file,
        "rests": each.not_measured_because or None,
        "findings": [_finding_data(stale) for stale in each.stale],
        "unchecked": [
            {
                "policy": verdict.policy.name,
                "marker": verdict.item,
                "days": [verdict.days.low, verdict.days.high],
            }
            for verdict in each.unchecked
        ],
        "receipts": [receipt_summary(receipt) for receipt in each.receipts],
        "left": each.is_postponed,
        "error": str(each.error) if each.error else None,
    }


def _finding_data(stale: StaleFinding) -> dict[str, object]:
    verdict = stale.measurement
    return {
        "policy": verdict.policy.name,
        "marker": verdict.item,
        "since": verdict.since.isoformat(),
        "by": verdict.username,
        "days": verdict.days.low,
        "allowed": verdict.policy.after,
        "rung": stale.step,
        "tells": list(stale.recipients),
    }


def finding_line(stale: StaleFinding) -> str:
    """Return a finding in one line."""
    verdict = stale.measurement
    by = f", last {verdict.username}" if verdict.username else ""
    return (
        f"{verdict.item}: {verdict.policy.message}; since {verdict.since}{by}, {verdict.days.low} business days of "
        f"{verdict.policy.after} allowed ({verdict.policy.name}); tells {', '.join(stale.recipients)}"
    )


def unchecked_line(verdict: Measurement) -> str:
    """Return in one line what could not be checked."""
    return (
        f"{verdict.item}: could not check {verdict.policy.name}; between {verdict.days.low} and {verdict.days.high} "
        f"business days, {verdict.policy.after} allowed"
    )


def _report_lines(each: StaleRow) -> Iterator[tuple[str, str]]:
    yield from ((finding_line(stale), "yellow") for stale in each.stale)
    yield from ((unchecked_line(verdict), "dim") for verdict in each.unchecked)
    yield from ((finding.message, "yellow") for finding in each.findings if finding.code == "log-not-private")
    for receipt in each.done():
        yield f"{receipt.operation.op}: {receipt_name(receipt)}", ""
    yield from ((line, "yellow") for line in not_done_lines(each.not_done()))
    if each.is_postponed:
        yield "a ceiling is reached; the next run goes on here", "dim"
    if each.error:
        yield str(each.error), "red"


def _section_text(each: StaleRow, now: datetime, in_ci: bool) -> str:
    console, out = console_in_memory()
    print_indented(console, f"{each.engagement}  {len(each.stale)} findings", "bold", indent=0)
    for line, style in _report_lines(each):
        print_indented(console, line, style)
    return collapsed_section(each.engagement, captured_text(out), now) if in_ci else captured_text(out)


def collapsed_section(key: str, text: str, now: datetime) -> str:
    """Return *text* as a section that GitLab folds in a job's log (GitLab, custom collapsible sections)."""
    head, _, body = text.partition("\n")
    at, label = int(now.timestamp()), f"psbot_{key.replace('-', '_')}"
    start = f"\x1b[0Ksection_start:{at}:{label}[collapsed=true]\r\x1b[0K{head}\n"
    return f"{start}{body}\x1b[0Ksection_end:{at}:{label}\r\x1b[0K\n"


def _table_cells(each: StaleRow) -> tuple[str, ...]:
    people = sorted({person for stale in each.stale for person in stale.recipients})
    oldest = min((stale.measurement.since for stale in each.stale), default=None)
    return (
        each.engagement,
        str(len(each.stale)),
        oldest.isoformat() if oldest else "",
        ", ".join(people),
        str(len(each.done()) or ""),
    )


def _summary_text(told: Sequence[StaleRow], digests: Sequence[DigestResult]) -> str:
    console, out = console_in_memory()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(_HEADERS):
        table.add_column(head, overflow="fold", ratio=1 if number in (0, 3) else None)
    shown = [each for each in told if each.stale]
    for each in shown:
        table.add_row(*map(replace_control_characters, _table_cells(each)))
    if shown:
        console.print(table)
    quiet = sum(each.is_empty for each in told)
    console.print(f"{len(told)} engagements, {quiet} with nothing to say")
    for digest in digests:
        for line, style in portfolio_digest.digest_lines(digest):
            print_indented(console, line, style, indent=0)
    return captured_text(out)


def _markdown(told: Sequence[StaleRow], digests: Sequence[DigestResult]) -> str:
    lines = [f"| {' | '.join(_HEADERS)} |", f"|{' --- |' * len(_HEADERS)}"]
    lines += [f"| {' | '.join(map(escape_markdown, _table_cells(each)))} |" for each in told if each.stale]
    for each in told:
        if not each.is_empty:
            lines += [
                "",
                f"### {escape_markdown(each.engagement)}",
                "",
                *(f"- {escape_markdown(line)}" for line, _ in _report_lines(each)),
            ]
    if digests:
        said = (line for digest in digests for line, _ in portfolio_digest.digest_lines(digest))
        lines += ["", "### Portfolio digests", "", *(f"- {escape_markdown(line)}" for line in said)]
    return "\n".join(lines) + "\n"


def junit_report(told: Sequence[StaleRow]) -> str:
    """Return what GitLab shows in a pipeline's test report: a suite an engagement, a case a finding."""
    return junit_xml("psbot stale", [JUnitSuite(each.engagement, tuple(_junit_cases(each))) for each in told])


def _junit_cases(each: StaleRow) -> Iterator[JUnitCase]:
    for stale in each.stale:
        name = f"{stale.measurement.item}: {stale.measurement.policy.name}"
        yield JUnitCase(name, each.file, CaseResult.FAILURE, (finding_line(stale),))
    for verdict in each.unchecked:
        yield JUnitCase(
            f"{verdict.item}: {verdict.policy.name}",
            each.file,
            CaseResult.SKIPPED,
            (unchecked_line(verdict),),
        )
    if each.error:
        yield JUnitCase("run", each.file, CaseResult.ERROR, (str(each.error),))
    elif not (each.stale or each.unchecked):
        yield JUnitCase(each.not_measured_because or "nothing has gone quiet", each.file)
