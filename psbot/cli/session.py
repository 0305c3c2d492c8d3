"""Opens the connection to GitLab for a command, and reports to the person who runs it."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from psbot.apply.apply import WriteTools
from psbot.cli.context import App
from psbot.cli.errors import echo_error
from psbot.cli.signals import StopRequest
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.text.escape import replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.doctor.permissions import WRITE_SCOPE
from psbot.engagements.loader import LoadResult
from psbot.errors import ExitCode, GitLabError, PsbotError, most_severe
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.settings import ServerOptions, find_server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.work import RunContext

_TRACE_VERBOSITY = 2  # -vv


@dataclass(frozen=True, slots=True)
class Session:
    """The connection and tools of one command."""

    connection: Connection
    reader: GitLabReader
    run_context: RunContext
    stop: StopRequest
    writer: GitLabWriter


def echo(text: str) -> None:
    """Print a message to stderr; stdout is for data."""
    click.echo(f"psbot: {replace_control_characters(text)}", err=True)


@contextmanager
def open_connection(
    app: App, environment: Mapping[str, str], stop: StopRequest, *, profile: str | None = None
) -> Iterator[Connection]:
    """Yield a connection with the server and the token of *environment*; its requests are counted.

    Raises PsbotError if the server or the token is unknown.
    """
    chosen = ServerOptions(app.gitlab_url, profile, str(app.ca_file) if app.ca_file else None)
    limits = app.process.limits
    trace = echo if app.verbose >= _TRACE_VERBOSITY else _ignore
    server = replace(find_server(chosen, environment), connections=limits.connections)
    connection = Connection(server, WaitBudget(limits.rate_limit_seconds, stop.wait, echo), trace)
    try:
        yield connection
    finally:
        connection.close()
        app.totals.requests += connection.request_count
        if app.verbose:
            echo(f"{quantity(connection.request_count, 'request')} to {connection.url}")


@contextmanager
def open_session(app: App, environment: Mapping[str, str] | None = None) -> Iterator[Session]:
    """Yield a session with the server of *app*; raises PsbotError if the server or the token is unknown.

    Without an *environment*, that of the process and the profile of the command line are used.
    """
    variables, profile = (os.environ, app.profile) if environment is None else (environment, None)
    with StopRequest() as stop, open_connection(app, variables, stop, profile=profile) as connection:
        limits = app.process.limits
        reader, writer = GitLabReader(connection, limits.page), GitLabWriter(connection)
        tools = WriteTools(reader, writer, limits, time.monotonic, stop.is_requested)
        context = RunContext(tools, app.process, app.templates, app.now, connection.wait_budget, echo)
        try:
            yield Session(connection, reader, context, stop, writer)
        finally:
            app.totals.notes += writer.posted_notes


def _ignore(_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """An engagement file that could be read, without the text it was read from."""

    file: str
    engagement: Engagement
    warnings: tuple[Finding, ...]


def loaded_files(portfolio: list[LoadResult], codes: list[ExitCode]) -> dict[str, LoadedFile]:
    """Return the valid files of *portfolio* by key; errors are printed, and their exit codes added to *codes*.

    If no file is valid, the command ends here, before it complains about a missing server or token.
    """
    valid = {}
    for loaded in portfolio:
        if loaded.error:
            codes.append(echo_error(loaded.error))
        if loaded.engagement:
            warnings = tuple(each.as_finding() for each in loaded.warnings)
            valid[loaded.engagement.key] = LoadedFile(loaded.file, loaded.engagement, warnings)
    portfolio.clear()
    if not valid and any(codes):
        raise click.exceptions.Exit(most_severe(codes))
    return valid


def echo_failure(file: str, error: PsbotError) -> ExitCode:
    """Print why the engagement of *file* failed; return the exit code."""
    echo(f"{file}: {error}")
    return error.exit_code


def refusal_error(reader: GitLabReader, refused: int, total: int) -> GitLabError:
    """Return the error with the number of rejected operations and, where psbot can find out, the reason."""
    what = f"GitLab rejected {refused} of {quantity(total, 'operation')}"
    try:
        is_read_only = WRITE_SCOPE not in reader.fetch_token().scopes
    except GitLabError:
        is_read_only = False
    if is_read_only:
        return GitLabError(
            f"{what}: the token is read-only", f"create a token with the `{WRITE_SCOPE}` scope"
        )
    return GitLabError(what, "see the reasons above; psbot doctor lists missing token scopes and roles")
