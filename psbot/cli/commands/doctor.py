"""``psbot doctor``: lists what is missing in GitLab and how to fix it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from psbot.doctor.check import Check
    from psbot.doctor.examine import DoctorInput
    from psbot.doctor.repository import Repository


@click.command(short_help="List what is missing in GitLab and how to fix it.")
@options.files_argument
@option(
    "--repository",
    default=lambda: os.environ.get("CI_PROJECT_PATH"),
    metavar="PATH",
    help="Project with the engagement files, to check its variables and schedules too. Default in CI: CI_PROJECT_PATH.",
)
@option(
    "--schedule",
    "schedules",
    type=click.Choice(["advance", "advance-all", "stale"]),
    multiple=True,
    help="Schedule that the repository must have, by its PSBOT_RUN; repeat for several.",
)
@option(
    "--probe",
    "probe_group",
    metavar="GROUP",
    help="Try in this scratch group whether GitLab behaves as psbot expects. Creates items there and deletes them.",
)
@option("--yes", is_flag=True, help="Probe without asking first.")
@option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the result of the probe to this file, without tokens, names and addresses.",
)
@options.format_option
@options.exit_code_option
@click.pass_obj
def doctor(
    app: App,
    files: tuple[Path, ...],
    *,
    repository: str | None,
    schedules: tuple[str, ...],
    probe_group: str | None,
    yes: bool,
    out: Path | None,
    form: str,
    exit_code: bool,
) -> int:
    """List what is missing on the server, for the token and for the engagements, and how to fix it.

    Checks the edition, the token's scope and role, the group and projects of each FILE, its people, who can read the
    internal project, whether customers can read epics of others, and the labels. Of the engagements repository it
    checks whether the default branch is protected, how tokens are stored, and who owns the schedules. Lists the scope
    and role that each command needs. Writes nothing.

    With --probe GROUP it does a round trip instead: it creates labels, epics and issues in that group, changes them,
    reads them back, compares what it sees with what psbot expects of GitLab, and deletes everything again. Exit code
    4 means that an expectation is not met, 3 that the probe cannot run.
    """
    if probe_group is not None:
        from psbot.cli.probe import ProbeRequest, probe

        return probe(app, ProbeRequest(probe_group, yes, form, out))
    from psbot.cli import session
    from psbot.doctor.check import exit_code as code_of
    from psbot.doctor.examine import DoctorInput
    from psbot.doctor.permissions import REQUIREMENTS
    from psbot.doctor.repository import Repository, find_job
    from psbot.errors import ExitCode, most_severe
    from psbot.report import checks

    codes = [ExitCode.DONE]
    loaded = (
        app.load_engagements(options.resolve_files(files)) if files or options.find_engagement_files() else []
    )
    plans = {each.file: app.plan_offline(each, each.engagement).plan for each in loaded if each.engagement}
    valid = {each.file: each for each in session.loaded_files(loaded, codes).values()}
    engagements = {file: each.engagement for file, each in valid.items()}
    doctor_input = DoctorInput(engagements, plans, app.process, app.now.date())
    path = (repository or "").strip("/")
    results = _run_checks(app, doctor_input, Repository(path, schedules, find_job(os.environ, path)))
    click.echo(checks.render_checks(form, results, app.now, REQUIREMENTS), nl=False)
    codes.append(code_of(results, with_warnings=exit_code))
    return most_severe(codes)


def _run_checks(app: App, doctor_input: DoctorInput, repository: Repository) -> list[Check]:
    """Return the checks; a job without the write token uses the read token, or checks only itself."""
    from psbot.cli.merge_request import environment_with_token
    from psbot.cli.session import echo, open_session
    from psbot.doctor.examine import examine
    from psbot.doctor.repository import READ_TOKEN, examine_job, examine_repository
    from psbot.gitlab.ci_settings import CiSettings
    from psbot.gitlab.rest import Rest
    from psbot.gitlab.settings import TOKEN_VARIABLES

    environment = None
    if repository.job and not app.profile and not any(map(os.environ.get, TOKEN_VARIABLES)):
        if READ_TOKEN not in repository.job.variables:
            return list(examine_job(repository))
        echo(f"this job has no {TOKEN_VARIABLES[0]}; using {READ_TOKEN} for the checks")
        environment = environment_with_token(READ_TOKEN)
    with open_session(app, environment) as session:
        pipelines = CiSettings(Rest(session.connection), repository.path)
        more = examine_repository(pipelines, repository) if repository.path else ()
        return list(examine(session.reader, session.connection.url, doctor_input, more))
