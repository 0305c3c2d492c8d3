"""``psbot doctor``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options as _options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from psbot.doctor.check import Check
    from psbot.doctor.examine import Patient
    from psbot.doctor.repository import Repository


@click.command(short_help="Say what is missing in GitLab and how to mend it.")
@_options.files
@option(
    "--repository",
    default=lambda: os.environ.get("CI_PROJECT_PATH"),
    metavar="PATH",
    help="The project with the engagement files: look at its variables and schedules too. Jobs know theirs.",
)
@option(
    "--schedule",
    "schedules",
    type=click.Choice(["advance", "advance-all", "stale"]),
    multiple=True,
    help="A schedule that the repository must have, by its PSBOT_RUN; can be given several times.",
)
@_options.output_format
@_options.exit_code
@click.pass_obj
def doctor(
    app: App,
    files: tuple[Path, ...],
    *,
    repository: str | None,
    schedules: tuple[str, ...],
    form: str,
    exit_code: bool,
) -> int:
    """Say what is missing on the server, in the token and around the engagements, and how to mend it.

    Looks at the edition, the token's scope and role, the places of each FILE, its people, who can read the
    internal project, and the labels; and at the engagements repository: whether its default branch is protected,
    how its tokens are kept, and who owns its schedules. Names the scope and role that each command needs. Writes
    nothing.
    """
    from psbot.cli import session as _gitlab
    from psbot.doctor.check import exit_code as code_of
    from psbot.doctor.examine import Patient
    from psbot.doctor.permissions import NEEDS
    from psbot.doctor.repository import Repository, job_of
    from psbot.errors import Exit, gravest
    from psbot.report import checks

    codes = [Exit.DONE]
    loaded = app.load(_options.portfolio(files)) if files or _options.found_here() else []
    plans = {each.file: app.plan_offline(each, each.engagement).plan for each in loaded if each.engagement}
    sheets = {each.file: each for each in _gitlab.sheets(loaded, codes).values()}
    engagements = {file: each.engagement for file, each in sheets.items()}
    patient = Patient(engagements, plans, app.process, app.now.date())
    path = (repository or "").strip("/")
    found = _found(app, patient, Repository(path, schedules, job_of(os.environ, path)))
    click.echo(checks.rendered(form, found, app.now, NEEDS), nl=False)
    codes.append(code_of(found, with_warnings=exit_code))
    return gravest(codes)


def _found(app: App, patient: Patient, repository: Repository) -> list[Check]:
    """Return the checks; a job without the token to write looks with the one to read, or at itself alone."""
    from psbot.cli import session as _gitlab
    from psbot.cli.merge_request import environment_with
    from psbot.doctor.examine import examine
    from psbot.doctor.repository import READ_TOKEN, examine_job, examine_repository
    from psbot.gitlab.ci_settings import Pipelines
    from psbot.gitlab.rest import Rest
    from psbot.gitlab.settings import TOKEN_VARIABLES

    environment = None
    if repository.job and not app.profile and not any(map(os.environ.get, TOKEN_VARIABLES)):
        if READ_TOKEN not in repository.job.variables:
            return list(examine_job(repository))
        _gitlab.say(f"this job has no {TOKEN_VARIABLES[0]}, so {READ_TOKEN} is used to look around")
        environment = environment_with(READ_TOKEN)
    with _gitlab.session(app, environment) as session:
        pipelines = Pipelines(Rest(session.connection), repository.path)
        more = examine_repository(pipelines, repository) if repository.path else ()
        return list(examine(session.reader, session.connection.url, patient, more))
