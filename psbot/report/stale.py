"""What has gone quiet and what was done about it, as one data set: JSON, text, Markdown and JUnit render it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.finding import Finding
from psbot.core.staleness.escalation import Stale
from psbot.core.staleness.measure import Verdict
from psbot.core.text.escape import inert, printable
from psbot.errors import PsbotError
from psbot.report import portfolio_digest as portfoliodigests
from psbot.report.apply_rows import in_short, name, why_undone
from psbot.report.json_text import data_text
from psbot.report.junit import Case, Ending, Suite, report
from psbot.report.terminal import console_in_memory, hang, stripped
from psbot.runs.stale.portfolio_digests import Digested
from psbot.runs.stale.run import Result

SCHEMA = 1
_HEADS = ("engagement", "findings", "oldest", "tells", "written")


@dataclass(frozen=True, slots=True)
class Told:
    """One engagement: its findings, what could not be checked, what was written, what was left, what stopped it."""

    file: str
    engagement: str
    stale: tuple[Stale, ...] = ()
    unchecked: tuple[Verdict, ...] = ()
    rests: str = ""
    findings: tuple[Finding, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    is_left: bool = False
    error: PsbotError | None = None

    @classmethod
    def of(cls, file: str, result: Result) -> "Told":
        """Return what is to be told of one engagement of a run."""
        if result.ended is None:
            return cls(file, result.engagement.key, error=result.error)
        response, reconciled = result.ended.looked.response, result.ended.reconciled
        return cls(
            file,
            result.engagement.key,
            response.stale,
            response.judgement.unchecked,
            response.judgement.rests,
            reconciled.plan.findings,
            reconciled.receipts,
            result.ended.is_left,
            reconciled.error,
        )

    @property
    def is_quiet(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.stale or self.unchecked or self.receipts or self.is_left or self.error)

    def done(self) -> list[Receipt]:
        """Return the receipts of what is done."""
        return [each for each in self.receipts if each.outcome is Outcome.DONE]

    def undone(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [each for each in self.receipts if each.outcome is not Outcome.DONE]


def rendered(
    form: str, told: Sequence[Told], now: datetime, digests: Sequence[Digested] = (), *, in_ci: bool = False
) -> str:
    """Return *told* and the portfolio *digests* as ``text``, ``json``, ``markdown``, or *told* as ``junit``.

    *in_ci* folds engagements in the job's log.
    """
    match form:
        case "json":
            return data_text(as_data(told, now, digests))
        case "markdown":
            return _markdown(told, digests)
        case "junit":
            return junit(told)
        case _:
            sections = (_section(each, now, in_ci) for each in told if not each.is_quiet)
            return "".join(sections) + _summary(told, digests)


def as_data(told: Sequence[Told], now: datetime, digests: Sequence[Digested] = ()) -> dict[str, object]:
    """Return what was found as one JSON object."""
    return {
        "schema": SCHEMA,
        "now": now.isoformat(),
        "engagements": [_data(each) for each in told],
        "digests": [portfoliodigests.data(each) for each in digests],
        "summary": {
            "engagements": len(told),
            "stale": sum(bool(each.stale) for each in told),
            "findings": sum(len(each.stale) for each in told),
            "unchecked": sum(len(each.unchecked) for each in told),
            "written": sum(len(each.done()) for each in told),
            "left": sum(each.is_left for each in told),
        },
    }


def _data(each: Told) -> dict[str, object]:
    return {
        "engagement": each.engagement,
        "file": each.file,
        "rests": each.rests or None,
        "findings": [_finding(stale) for stale in each.stale],
        "unchecked": [
            {
                "policy": verdict.policy.name,
                "marker": verdict.item,
                "days": [verdict.days.low, verdict.days.high],
            }
            for verdict in each.unchecked
        ],
        "receipts": [in_short(receipt) for receipt in each.receipts],
        "left": each.is_left,
        "error": str(each.error) if each.error else None,
    }


def _finding(stale: Stale) -> dict[str, object]:
    verdict = stale.verdict
    return {
        "policy": verdict.policy.name,
        "marker": verdict.item,
        "since": verdict.since.isoformat(),
        "by": verdict.by,
        "days": verdict.days.low,
        "allowed": verdict.policy.after,
        "rung": stale.rung,
        "tells": list(stale.people),
    }


def sentence(stale: Stale) -> str:
    """Return a finding in one line."""
    verdict = stale.verdict
    by = f", last {verdict.by}" if verdict.by else ""
    return (
        f"{verdict.item}: {verdict.policy.says}; since {verdict.since}{by}, {verdict.days.low} business days of "
        f"{verdict.policy.after} allowed ({verdict.policy.name}); tells {', '.join(stale.people)}"
    )


def doubt(verdict: Verdict) -> str:
    """Return in one line what could not be checked."""
    return (
        f"{verdict.item}: could not check {verdict.policy.name}; between {verdict.days.low} and {verdict.days.high} "
        f"business days, {verdict.policy.after} allowed"
    )


def _lines(each: Told) -> Iterator[tuple[str, str]]:
    yield from ((sentence(stale), "yellow") for stale in each.stale)
    yield from ((doubt(verdict), "dim") for verdict in each.unchecked)
    yield from ((finding.message, "yellow") for finding in each.findings if finding.code == "withheld")
    for receipt in each.done():
        yield f"{receipt.operation.op}: {name(receipt)}", ""
    yield from ((line, "yellow") for line in why_undone(each.undone()))
    if each.is_left:
        yield "a ceiling is reached; the next run goes on here", "dim"
    if each.error:
        yield str(each.error), "red"


def _section(each: Told, now: datetime, in_ci: bool) -> str:
    console, out = console_in_memory()
    hang(console, f"{each.engagement}  {len(each.stale)} findings", "bold", indent=0)
    for line, style in _lines(each):
        hang(console, line, style)
    return folded(each.engagement, stripped(out), now) if in_ci else stripped(out)


def folded(key: str, text: str, now: datetime) -> str:
    """Return *text* as a section that GitLab folds in a job's log (GitLab, custom collapsible sections)."""
    head, _, body = text.partition("\n")
    at, label = int(now.timestamp()), f"psbot_{key.replace('-', '_')}"
    start = f"\x1b[0Ksection_start:{at}:{label}[collapsed=true]\r\x1b[0K{head}\n"
    return f"{start}{body}\x1b[0Ksection_end:{at}:{label}\r\x1b[0K\n"


def _cells(each: Told) -> tuple[str, ...]:
    people = sorted({person for stale in each.stale for person in stale.people})
    oldest = min((stale.verdict.since for stale in each.stale), default=None)
    return (
        each.engagement,
        str(len(each.stale)),
        oldest.isoformat() if oldest else "",
        ", ".join(people),
        str(len(each.done()) or ""),
    )


def _summary(told: Sequence[Told], digests: Sequence[Digested]) -> str:
    console, out = console_in_memory()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(_HEADS):
        table.add_column(head, overflow="fold", ratio=1 if number in (0, 3) else None)
    shown = [each for each in told if each.stale]
    for each in shown:
        table.add_row(*map(printable, _cells(each)))
    if shown:
        console.print(table)
    quiet = sum(each.is_quiet for each in told)
    console.print(f"{len(told)} engagements, {quiet} with nothing to say")
    for digest in digests:
        for line, style in portfoliodigests.lines(digest):
            hang(console, line, style, indent=0)
    return stripped(out)


def _markdown(told: Sequence[Told], digests: Sequence[Digested]) -> str:
    lines = [f"| {' | '.join(_HEADS)} |", f"|{' --- |' * len(_HEADS)}"]
    lines += [f"| {' | '.join(map(inert, _cells(each)))} |" for each in told if each.stale]
    for each in told:
        if not each.is_quiet:
            lines += [
                "",
                f"### {inert(each.engagement)}",
                "",
                *(f"- {inert(line)}" for line, _ in _lines(each)),
            ]
    if digests:
        said = (line for digest in digests for line, _ in portfoliodigests.lines(digest))
        lines += ["", "### Portfolio digests", "", *(f"- {inert(line)}" for line in said)]
    return "\n".join(lines) + "\n"


def junit(told: Sequence[Told]) -> str:
    """Return what GitLab shows in a pipeline's test report: a suite an engagement, a case a finding."""
    return report("psbot stale", [Suite(each.engagement, tuple(_cases(each))) for each in told])


def _cases(each: Told) -> Iterator[Case]:
    for stale in each.stale:
        name = f"{stale.verdict.item}: {stale.verdict.policy.name}"
        yield Case(name, each.file, Ending.FAILURE, (sentence(stale),))
    for verdict in each.unchecked:
        yield Case(f"{verdict.item}: {verdict.policy.name}", each.file, Ending.SKIPPED, (doubt(verdict),))
    if each.error:
        yield Case("run", each.file, Ending.ERROR, (str(each.error),))
    elif not (each.stale or each.unchecked):
        yield Case(each.rests or "nothing has gone quiet", each.file)
