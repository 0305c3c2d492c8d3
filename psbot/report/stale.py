"""Renders stale items and what was written about them as text, JSON, Markdown or JUnit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.finding import Finding
from psbot.core.notices.unreadable import UNREADABLE
from psbot.core.staleness.escalation import StaleFinding
from psbot.core.staleness.measure import Measurement
from psbot.core.text.escape import escape_markdown, replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.errors import PsbotError
from psbot.report import portfolio_digest
from psbot.report.apply_rows import not_done_lines, receipt_name, receipt_summary
from psbot.report.forms import render
from psbot.report.junit import CaseResult, JUnitCase, JUnitSuite, junit_xml
from psbot.report.terminal import captured_text, console_in_memory, print_indented
from psbot.runs.stale.portfolio_digests import DigestResult
from psbot.runs.stale.run import EngagementResult

SCHEMA_VERSION = 1
_WARNINGS = ("log-not-private", UNREADABLE)
_HEADERS = ("engagement", "findings", "oldest", "notifies", "written")


@dataclass(frozen=True, slots=True)
class StaleRow:
    """One engagement: its findings, what could not be checked, what was written or postponed, and its error."""

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
        """Return the row of one engagement of a run."""
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
        """Tell whether there is nothing to report."""
        return not (self.stale or self.unchecked or self.receipts or self.is_postponed or self.error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return the findings beside the stale items: why nothing was written, and what cannot be read."""
        return tuple(each for each in self.findings if each.code in _WARNINGS)

    @property
    def has_unreadable(self) -> bool:
        """Tell whether there are items whose changes psbot cannot read, in this run or a later one."""
        return any(each.code == UNREADABLE for each in self.findings)

    def done(self) -> list[Receipt]:
        """Return the receipts of what is done."""
        return [each for each in self.receipts if each.outcome is Outcome.DONE]

    def not_done(self) -> list[Receipt]:
        """Return the receipts of operations that were not done, or whose outcome is unknown."""
        return [each for each in self.receipts if each.outcome is not Outcome.DONE]


def render_stale(
    form: str,
    rows: Sequence[StaleRow],
    now: datetime,
    digests: Sequence[DigestResult] = (),
    *,
    in_ci: bool = False,
) -> str:
    """Return *rows* and the portfolio *digests* as ``text``, ``json``, ``markdown``, or *rows* as ``junit``.

    *in_ci* folds engagements in the job's log.
    """
    if form == "junit":
        return junit_report(rows)
    return render(
        form,
        text=lambda: _text(rows, now, digests, in_ci=in_ci),
        json=lambda: as_data(rows, now, digests),
        markdown=lambda: _markdown(rows, digests),
    )


def _text(rows: Sequence[StaleRow], now: datetime, digests: Sequence[DigestResult], *, in_ci: bool) -> str:
    sections = (_section_text(each, now, in_ci) for each in rows if not each.is_empty)
    return "".join(sections) + _summary_text(rows, digests)


def as_data(
    rows: Sequence[StaleRow], now: datetime, digests: Sequence[DigestResult] = ()
) -> dict[str, object]:
    """Return what was found as one JSON object."""
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagements": [_row_data(each) for each in rows],
        "digests": [portfolio_digest.digest_data(each) for each in digests],
        "summary": {
            "engagements": len(rows),
            "stale": sum(bool(each.stale) for each in rows),
            "findings": sum(len(each.stale) for each in rows),
            "unchecked": sum(len(each.unchecked) for each in rows),
            "written": sum(len(each.done()) for each in rows),
            "left": sum(each.is_postponed for each in rows),
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
                "policy": measurement.policy.name,
                "marker": measurement.item,
                "days": [measurement.days.low, measurement.days.high],
            }
            for measurement in each.unchecked
        ],
        "receipts": [receipt_summary(receipt) for receipt in each.receipts],
        "left": each.is_postponed,
        "error": str(each.error) if each.error else None,
    }


def _finding_data(stale: StaleFinding) -> dict[str, object]:
    measurement = stale.measurement
    return {
        "policy": measurement.policy.name,
        "marker": measurement.item,
        "since": measurement.since.isoformat(),
        "by": measurement.username,
        "days": measurement.days.low,
        "allowed": measurement.policy.after,
        "rung": stale.step,
        "tells": list(stale.recipients),
    }


def finding_line(stale: StaleFinding) -> str:
    """Return a finding in one line."""
    measurement = stale.measurement
    by = f", last activity by {measurement.username}" if measurement.username else ""
    days = quantity(measurement.days.low, "business day")
    return (
        f"{measurement.item}: {measurement.policy.message}; {days} since {measurement.since}{by}, "
        f"limit {measurement.policy.after} ({measurement.policy.name}); notifies {', '.join(stale.recipients)}"
    )


def unchecked_line(measurement: Measurement) -> str:
    """Return in one line what could not be checked."""
    policy, days = measurement.policy, measurement.days
    return (
        f"{measurement.item}: could not check {policy.name}: between {days.low} and {days.high} business days, "
        f"limit {policy.after}"
    )


def _report_lines(each: StaleRow) -> Iterator[tuple[str, str]]:
    yield from ((finding_line(stale), "yellow") for stale in each.stale)
    yield from ((unchecked_line(measurement), "dim") for measurement in each.unchecked)
    yield from ((finding.message, "yellow") for finding in each.warnings)
    for receipt in each.done():
        yield f"{receipt.operation.op}: {receipt_name(receipt)}", ""
    yield from ((line, "yellow") for line in not_done_lines(each.not_done()))
    if each.is_postponed:
        yield "limit reached; the next run continues here", "dim"
    if each.error:
        yield str(each.error), "red"


def _section_text(each: StaleRow, now: datetime, in_ci: bool) -> str:
    console, out = console_in_memory()
    print_indented(console, f"{each.engagement}  {quantity(len(each.stale), 'finding')}", "bold", indent=0)
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


def _summary_text(rows: Sequence[StaleRow], digests: Sequence[DigestResult]) -> str:
    console, out = console_in_memory()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(_HEADERS):
        table.add_column(head, overflow="fold", ratio=1 if number in (0, 3) else None)
    shown = [each for each in rows if each.stale]
    for each in shown:
        table.add_row(*map(replace_control_characters, _table_cells(each)))
    if shown:
        console.print(table)
    empty = sum(each.is_empty for each in rows)
    console.print(f"{quantity(len(rows), 'engagement')}, {empty} with nothing to report")
    for digest in digests:
        for line, style in portfolio_digest.digest_lines(digest):
            print_indented(console, line, style, indent=0)
    return captured_text(out)


def _markdown(rows: Sequence[StaleRow], digests: Sequence[DigestResult]) -> str:
    lines = [f"| {' | '.join(_HEADERS)} |", f"|{' --- |' * len(_HEADERS)}"]
    lines += [f"| {' | '.join(map(escape_markdown, _table_cells(each)))} |" for each in rows if each.stale]
    for each in rows:
        if not each.is_empty:
            lines += [
                "",
                f"### {escape_markdown(each.engagement)}",
                "",
                *(f"- {escape_markdown(line)}" for line, _ in _report_lines(each)),
            ]
    if digests:
        digest_texts = (line for digest in digests for line, _ in portfolio_digest.digest_lines(digest))
        lines += ["", "### Portfolio digests", "", *(f"- {escape_markdown(line)}" for line in digest_texts)]
    return "\n".join(lines) + "\n"


def junit_report(rows: Sequence[StaleRow]) -> str:
    """Return what GitLab shows in a pipeline's test report: one suite per engagement, one case per finding."""
    return junit_xml("psbot stale", [JUnitSuite(each.engagement, tuple(_junit_cases(each))) for each in rows])


def _junit_cases(each: StaleRow) -> Iterator[JUnitCase]:
    for stale in each.stale:
        name = f"{stale.measurement.item}: {stale.measurement.policy.name}"
        yield JUnitCase(name, each.file, CaseResult.FAILURE, (finding_line(stale),))
    for measurement in each.unchecked:
        yield JUnitCase(
            f"{measurement.item}: {measurement.policy.name}",
            each.file,
            CaseResult.SKIPPED,
            (unchecked_line(measurement),),
        )
    if each.error:
        yield JUnitCase("run", each.file, CaseResult.ERROR, (str(each.error),))
    elif not (each.stale or each.unchecked):
        yield JUnitCase(each.not_measured_because or "no stale items", each.file)
