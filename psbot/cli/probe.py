"""``psbot doctor --probe``: asks, runs the probe, prints what it found, and writes the report file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import write_report
from psbot.cli.session import Session, echo, open_session
from psbot.doctor.probe.items import Sample
from psbot.doctor.probe.run import ProbePlan, ProbeReport, prepare, run_probe, without_names
from psbot.doctor.probe.samples import samples_of
from psbot.doctor.probe.script import ProbeTools
from psbot.errors import ExitCode, PsbotError, most_severe
from psbot.gitlab.rest import Rest
from psbot.report.probe import render_probe
from psbot.resources import resource_folder

_EXAMPLE = "acme-aws.yml"


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """The scratch group, whether the person has agreed already, the output format, and the report file."""

    group: str
    yes: bool
    form: str
    out: Path | None


def probe(app: App, request: ProbeRequest) -> ExitCode:
    """Probe GitLab in the group of *request*; return the exit code."""
    samples = _samples(app)
    with open_session(app) as session:
        tools = _tools(session)
        plan = prepare(tools, request.group.strip("/"), app.now)
        _confirm(plan, request)
        echo(f"probing {plan.scratch.group}; everything that is created has the label {plan.labels.kind}")
        session.stop.is_writing = True
        try:
            report = run_probe(tools, plan, samples)
        except PsbotError as error:
            if session.stop.exit_code is None:
                raise
            echo(str(error))
            return session.stop.exit_code
        finally:
            session.stop.is_writing = False
        _show(report, request, app, session.connection.url)
    return most_severe([report.exit_code, session.stop.exit_code or ExitCode.DONE])


def _samples(app: App) -> tuple[Sample, ...]:
    (loaded,) = app.load_engagements([resource_folder("examples") / _EXAMPLE])
    if loaded.engagement is None:  # the organisation's own config may not fit the example
        return ()
    return samples_of(loaded.engagement, app.process, app.templates)


def _tools(session: Session) -> ProbeTools:
    rest = Rest(session.connection)
    return ProbeTools(
        session.reader,
        session.writer,
        rest,
        session.connection,
        session.stop.wait,
        session.stop.is_requested,
        echo,
    )


def _confirm(plan: ProbePlan, request: ProbeRequest) -> None:
    """Ask whether to write; raises PsbotError where nobody agrees."""
    if request.yes:
        return
    group, project = plan.scratch.group, plan.scratch.project
    question = (
        f"Create two epics in {group} and about 40 issues in {project}, change them, and delete them again? "
        "Members of the group may get notifications."
    )
    if not sys.stdin.isatty():
        raise PsbotError(
            f"the probe writes to {group} and needs your consent", "add --yes; nothing was written"
        )
    if not click.confirm(question, err=True):
        raise PsbotError("the probe was not confirmed", "nothing was written")


def _show(report: ProbeReport, request: ProbeRequest, app: App, url: str) -> None:
    click.echo(render_probe(request.form, report, app.now), nl=False)
    if request.out is not None:
        write_report(request.out, render_probe("markdown", without_names(report, url), app.now))
        echo(f"the report is in {request.out}; it has no tokens, names or addresses")
