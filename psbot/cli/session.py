"""What commands that talk to GitLab need besides: the server, both ports, patience, and a way to stop."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from psbot.apply.apply import Tools
from psbot.cli.context import App
from psbot.cli.errors import say_error
from psbot.cli.signals import Stop
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.text.escape import printable
from psbot.doctor.permissions import WRITING
from psbot.engagements.loader import Loaded
from psbot.errors import Exit, GitLabError, PsbotError, gravest
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.settings import Chosen, find_server
from psbot.gitlab.wait_budget import Patience
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.work import Work

_TRACED_FROM = 2  # -vv


@dataclass(frozen=True, slots=True)
class Session:
    """One run against one GitLab."""

    connection: Connection
    reader: GitLabReader
    work: Work
    stop: Stop


def say(text: str) -> None:
    """Tell a person something that is not data."""
    click.echo(f"psbot: {printable(text)}", err=True)


@contextmanager
def connected(
    app: App, environment: Mapping[str, str], stop: Stop, *, profile: str | None = None
) -> Iterator[Connection]:
    """Yield a connection with the server and the token of *environment*; what it costs is counted.

    Raises PsbotError where server or token is not known.
    """
    chosen = Chosen(app.gitlab_url, profile, str(app.ca_file) if app.ca_file else None)
    limits = app.process.limits
    trace = say if app.verbose >= _TRACED_FROM else _say_nothing
    server = replace(find_server(chosen, environment), connections=limits.connections)
    connection = Connection(server, Patience(limits.rate_limit_seconds, stop.wait, say), trace)
    try:
        yield connection
    finally:
        connection.close()
        app.tally.requests += connection.requests
        if app.verbose:
            say(f"{connection.requests} requests to {connection.url}")


@contextmanager
def session(app: App, environment: Mapping[str, str] | None = None) -> Iterator[Session]:
    """Yield a session with the server of *app*; raises PsbotError where server or token is not known.

    Without an *environment* it is the process's, with the profile of the command line.
    """
    asked = (os.environ, app.profile) if environment is None else (environment, None)
    with Stop() as stop, connected(app, asked[0], stop, profile=asked[1]) as connection:
        limits = app.process.limits
        reader, writer = GitLabReader(connection, limits.page), GitLabWriter(connection)
        tools = Tools(reader, writer, limits, time.monotonic, stop.asked)
        work = Work(tools, app.process, app.templates, app.now, connection.patience, say)
        try:
            yield Session(connection, reader, work, stop)
        finally:
            app.tally.notes += writer.notes


def _say_nothing(_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """An engagement file that could be read, without the text it was read from."""

    file: str
    engagement: Engagement
    warnings: tuple[Finding, ...]


def sheets(portfolio: list[Loaded], codes: list[Exit]) -> dict[str, Sheet]:
    """Return by key what could be read of *portfolio*; what could not is said, and its exit code noted.

    Where nothing could be read the command ends: a server or a token that is missing besides is no news then.
    """
    found = {}
    for loaded in portfolio:
        if loaded.error:
            codes.append(say_error(loaded.error))
        if loaded.engagement:
            warnings = tuple(each.finding() for each in loaded.warnings)
            found[loaded.engagement.key] = Sheet(loaded.file, loaded.engagement, warnings)
    portfolio.clear()
    if not found and any(codes):
        raise click.exceptions.Exit(gravest(codes))
    return found


def say_failure(file: str, error: PsbotError) -> Exit:
    """Say what stops the engagement of *file*; return its exit code."""
    say(f"{file}: {error}")
    return error.exit_code


def refusal(reader: GitLabReader, refused: int, total: int) -> GitLabError:
    """Return the error that says how many operations GitLab refused and, where it can be found out, why."""
    what = f"GitLab refused {refused} of {total} operations"
    try:
        lacks_scope = WRITING not in reader.fetch_token().scopes
    except GitLabError:
        lacks_scope = False
    if lacks_scope:
        return GitLabError(f"{what}: the token can only read", f"make one with the scope {WRITING}")
    return GitLabError(what, "the reasons stand above; psbot doctor says what the token and its role lack")
