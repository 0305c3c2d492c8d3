"""``psbot demo``."""

import tempfile
from contextlib import suppress
from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option
from psbot.errors import PsbotError


@click.command(short_help="Show the whole story on a local stand-in; no GitLab needed.")
@option("--keep", is_flag=True, help="Leave the server up at the end, and say where, until Ctrl-C.")
@click.pass_obj
def demo(app: App, *, keep: bool) -> None:
    """Show the whole story on a local GitLab stand-in.

    Plans and applies the AWS example, lets people work on it, changes the file, and shows what happens. Needs
    no GitLab and no token, and leaves nothing behind.
    """
    try:
        from psbot.sandbox.server.serve import running_sandbox
        from psbot.sandbox.state.seed import SERVICE_ACCOUNT, sandbox_world, token_of
        from psbot.sandbox.web.route import web_routes
    except ModuleNotFoundError as error:
        raise PsbotError(f"the demonstration needs {error.name}", "pip install 'psbot[sandbox]'") from error
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
            session.echo(f"the server stays up at {sandbox.url}; Ctrl-C ends it")
            with suppress(KeyboardInterrupt, LimitReached):  # being told to end is how it is meant to end
                stop.wait()


def _folder_settings(app: App) -> dict[str, str]:
    """Return the settings that the demonstration's commands take over."""
    folders = {"PSBOT_CONFIG_DIR": app.config_dir, "PSBOT_TEMPLATES_DIR": app.templates_dir}
    return {name: str(folder.resolve()) for name, folder in folders.items() if folder}
