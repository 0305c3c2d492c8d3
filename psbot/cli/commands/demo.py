"""``psbot demo``: runs the complete demo against a local GitLab sandbox."""

import tempfile
from contextlib import suppress
from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option
from psbot.errors import PsbotError


@click.command(short_help="Run the complete demo against a local GitLab sandbox.")
@option(
    "--keep", is_flag=True, help="Keep the server running at the end, until Ctrl-C, and print its address."
)
@click.pass_obj
def demo(app: App, *, keep: bool) -> None:
    """Run the complete demo against a local GitLab sandbox.

    Plans and applies the AWS example, simulates people's work on it, changes the file, and shows the results. Needs
    no GitLab and no token, and leaves nothing behind.
    """
    try:
        from psbot.sandbox.server.serve import running_sandbox
        from psbot.sandbox.state.seed import SERVICE_ACCOUNT, sandbox_world, token_of
        from psbot.sandbox.web.route import web_routes
    except ModuleNotFoundError as error:
        raise PsbotError(f"the demo needs {error.name}", "pip install 'psbot[sandbox]'") from error
    from psbot.cli import session
    from psbot.cli.signals import StopRequest
    from psbot.gitlab.ports import LimitReached
    from psbot.simulation.demo import Demo, DemoEnvironment

    world = sandbox_world()
    with (
        tempfile.TemporaryDirectory() as folder,
        StopRequest() as stop,
        running_sandbox(world, pages=web_routes(world)) as sandbox,
    ):
        stage = DemoEnvironment(
            sandbox.url, token_of(SERVICE_ACCOUNT), token_of, Path(folder), app.process, _folder_settings(app)
        )
        Demo(stage).run()
        if keep:
            session.echo(f"the server is running at {sandbox.url}; press Ctrl-C to stop it")
            with suppress(KeyboardInterrupt, LimitReached):  # a signal is the normal way to stop
                stop.wait()


def _folder_settings(app: App) -> dict[str, str]:
    """Return the folder settings for the demo's commands."""
    folders = {"PSBOT_CONFIG_DIR": app.config_dir, "PSBOT_TEMPLATES_DIR": app.templates_dir}
    return {name: str(folder.resolve()) for name, folder in folders.items() if folder}
