"""``psbot sandbox``: serves a local GitLab sandbox until it is stopped."""

import signal
from contextlib import suppress
from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option
from psbot.errors import PsbotError

_EDITIONS = ("ultimate", "premium", "free")


@click.command(short_help="Serve a local GitLab sandbox with web pages.")
@option("--port", default=0, show_default=True, help="Port on the loopback interface; 0 selects a free one.")
@option(
    "--edition",
    type=click.Choice(_EDITIONS),
    default="ultimate",
    show_default=True,
    help="Licensed edition of the sandbox.",
)
@option("--latency-ms", default=0.0, help="Simulated network delay per request, in milliseconds.")
@option("--work-ms", default=0.0, help="Simulated processing time per mutation, in milliseconds.")
@option(
    "--data",
    type=click.Path(path_type=Path),
    help="YAML or JSON file with additional groups, projects and people.",
)
@option("--empty", is_flag=True, help="Start without the predefined groups and people.")
@click.pass_obj
def sandbox(
    app: App,
    *,
    port: int,
    edition: str,
    latency_ms: float,
    work_ms: float,
    data: Path | None,
    empty: bool,
) -> None:
    """Serve a local GitLab sandbox: a predefined group, two projects, people to act as, and web pages.

    Prints its address and a token for each person. Its clock starts at psbot's --now. Its data is lost when it
    stops.
    """
    try:
        from psbot.sandbox.server.options import ServerOptions
        from psbot.sandbox.server.serve import bind_world, serve
        from psbot.sandbox.state.accounts import Edition
        from psbot.sandbox.state.seed import empty_world, sandbox_world
        from psbot.sandbox.state.seed_file import load_seed_file
        from psbot.sandbox.web.route import web_routes
    except ModuleNotFoundError as error:
        raise PsbotError(f"the sandbox needs {error.name}", "pip install 'psbot[sandbox]'") from error

    licensed = Edition(edition)
    if empty:
        world = empty_world(app.now, edition=licensed, clock_runs=True)
    else:
        world = sandbox_world(app.now, edition=licensed, clock_runs=True)
    if data:
        load_seed_file(world, data)
    bound = bind_world(world, port)
    click.echo(world.url)
    for value, token in world.tokens.items():
        scopes = ",".join(sorted(token.scopes))
        click.echo(f"  {token.user.username:<12} {token.user.name:<20} {scopes:<9} {value}")
    # The server stops on SIGTERM and SIGINT and raises the signal again: that is the normal way to stop it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        serve(world, bound, ServerOptions(latency_ms=latency_ms, work_ms=work_ms), web_routes(world))
