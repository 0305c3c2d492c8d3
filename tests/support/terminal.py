"""psbot at a terminal, against a sandbox."""

from collections.abc import Callable
from datetime import datetime

from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import token_of

Psbot = Callable[..., Result]
MADE = "2026-11-23T09:00+01:00"  # when the examples are applied, a Monday


def psbot_on(
    sandbox: Sandbox, *, now: str = MADE, token: str = "", columns: int = 80, sets_clock: bool = False
) -> Psbot:
    """Return what runs psbot; *now* and *token* are those of a run that names none, the sandbox's clock follows."""

    def run(*arguments: object, now: str = now, token: str = token, stdin: str = "", **env: str) -> Result:
        if sets_clock:
            sandbox.world.clock.set(datetime.fromisoformat(now))
        environment = {
            "PSBOT_GITLAB_URL": sandbox.url,
            "PSBOT_TOKEN": token if token.startswith("sandbox-token") else token_of(token or "psbot-bot"),
            "PSBOT_NOW": now,
            "COLUMNS": str(columns),
            "PSBOT_PROFILE": "",
        }
        words = list(map(str, arguments))
        return CliRunner().invoke(main, words, env=environment | env, input=stdin, prog_name="psbot")

    return run
