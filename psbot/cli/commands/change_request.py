"""``psbot change-request``: creates and lists change requests, and writes signed ones into the file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from psbot.core.model.engagement import Engagement
    from psbot.errors import ExitCode
    from psbot.runs.change_requests import ChangeRequestStatus


Command = TypeVar("Command", bound=Callable[..., Any])

# By option: the question, which is also the option's help, and the default answer.
QUESTIONS = {
    "summary": ("What changes and why", None),
    "hours": ("Hours to add or remove, such as 40 or -8", "0"),
    "new-end": ("New end date, such as 2027-03-26", "none"),
    "new-contract": ("New contract type, fixed-fee or time-and-materials", "none"),
    "situation": ("Other circumstances, comma-separated (see config/changes.yml)", "none"),
    "timeline": ("Impact on the timeline", ""),
    "scope": ("Impact on the scope", ""),
    "quality": ("Impact on quality", ""),
    "budget": ("Impact on the budget", ""),
}


def _answer_options(command: Command) -> Command:
    for name, (question, default) in reversed(QUESTIONS.items()):
        shown = f" Default: {default}." if default else ""
        command = option(f"--{name}", metavar="ANSWER", help=f"{question}.{shown}")(command)
    return command


@click.group(short_help="Create and list change requests, write signed ones into the file.")
def change_request() -> None:
    """Take scope changes from a request to a signed amendment of the engagement file.

    psbot advance selects the instrument, moves a request to approval once its fields are filled in, and accepts a
    decision only from its approvers.
    """


@change_request.command(short_help="Create a change request.")
@click.argument("file", type=click.Path(path_type=Path))
@_answer_options
@options.preview_option
@options.format_option
@click.pass_obj
def new(app: App, /, file: Path, *, preview: bool, form: str, **given: str | None) -> int:
    """Create a numbered change request for the engagement in FILE, with your answers filled in.

    At a terminal, psbot asks for what you do not give as an option. Running the same command again while the request
    is open creates nothing.
    """
    from psbot.cli.record import SingleWrite, perform
    from psbot.runs.change_requests import plan_change_request

    answers = _collect_answers(given, asks=is_interactive())
    return perform(app, SingleWrite(plan_change_request(answers), file, form, preview))


def is_interactive() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def _collect_answers(given: Mapping[str, str | None], *, asks: bool) -> dict[str, str]:
    """Return the answers by field; a missing one is asked for, or is the default."""
    answers = {}
    for name, (question, default) in QUESTIONS.items():
        answer = given[name.replace("-", "_")]
        if answer is None and asks:
            answer = click.prompt(question, default=default, show_default=bool(default), err=True)
        if default is None and not (answer or "").strip():
            raise click.UsageError(f"no {name} given; use --{name}")
        answers[_FIELD_NAMES.get(name, name)] = " ".join(str(default if answer is None else answer).split())
    return {name: answer for name, answer in answers.items() if answer}


_FIELD_NAMES = {"new-end": "new_end", "new-contract": "contract"}


@change_request.command("list", short_help="List change requests, open and closed.")
@options.files_argument
@options.format_option
@click.pass_obj
def list_(app: App, files: tuple[Path, ...], *, form: str) -> int:
    """List the change requests of engagements with instrument, reason, state and missing fields."""
    from psbot.errors import ExitCode, most_severe
    from psbot.report import change_requests

    codes = [ExitCode.DONE]
    shown = [
        (each.key, requests) for each, requests in _fetch_requests(app, options.resolve_files(files), codes)
    ]
    click.echo(change_requests.render_change_requests(form, shown, app.now), nl=False)
    return most_severe(codes)


@change_request.command(short_help="Show how signed changes amend the engagement file, as a diff.")
@click.argument("file", type=click.Path(path_type=Path))
@option("--write", is_flag=True, help="Also change the file.")
@click.pass_obj
def amend(app: App, file: Path, *, write: bool) -> int:
    """Print the diff that adds approved and signed change requests to FILE, keeping comments and order.

    The output is empty if the file has them all. You can pass it to git apply.
    """
    from psbot.engagements.amend import amend_file
    from psbot.errors import ExitCode, most_severe

    codes = [ExitCode.DONE]
    for engagement, requests in _fetch_requests(app, [file], codes):
        missing = [each.missing_amendment for each in requests if each.missing_amendment]
        click.echo(amend_file(file, engagement, missing, app.process, is_written=write), nl=False)
    return most_severe(codes)


def _fetch_requests(
    app: App, files: list[Path], codes: list[ExitCode]
) -> list[tuple[Engagement, Sequence[ChangeRequestStatus]]]:
    """Return engagements with their change requests; failures are reported, their exit codes added to *codes*."""
    from psbot.cli.session import echo_failure, loaded_files, open_session
    from psbot.errors import PsbotError
    from psbot.runs.change_requests import change_requests_many

    loaded = loaded_files(app.load_engagements(files), codes)
    requests: list[tuple[Engagement, Sequence[ChangeRequestStatus]]] = []
    with open_session(app) as session:
        engagements = [each.engagement for each in loaded.values()]
        for engagement, result in change_requests_many(session.reader, engagements, app.process, app.now):
            if isinstance(result, PsbotError):
                codes.append(echo_failure(loaded[engagement.key].file, result))
            else:
                requests.append((engagement, result))
    return requests
