"""The ready-made world with an engagement in it, as the product writes it, and a day of work by people."""

from datetime import timedelta
from pathlib import Path

from psbot.apply import Tools
from psbot.core.process import Limits
from psbot.engagement import load_portfolio
from psbot.errors import Exit
from psbot.forge.connection import Connection, Server
from psbot.forge.patience import Patience
from psbot.forge.reader import GitLabReader
from psbot.forge.writer import GitLabWriter
from psbot.process import load_process
from psbot.reconcile import Work, reconcile
from psbot.sandbox.application import Sandbox
from psbot.sandbox.ready import token_of
from psbot.templates import Templates
from tests.sandbox.client import Client

ROOT = Path(__file__).parents[2]


def fill(sandbox: Sandbox) -> None:
    """Write the AWS example into *sandbox*, at the time its clock shows."""
    process = load_process(ROOT / "config")
    (loaded,) = load_portfolio([ROOT / "examples" / "acme-aws.yml"], process)
    assert loaded.engagement is not None, loaded
    limits = Limits(connections=1)  # one after the other, so that every item has the same number each time
    patience = Patience(limits.rate_limit_seconds, lambda _seconds: None)
    connection = Connection(Server(sandbox.url, token_of("psbot-bot"), connections=1), patience)
    tools = Tools(GitLabReader(connection), GitLabWriter(connection), limits, lambda: 0.0)
    now = sandbox.world.clock.now()
    try:
        done = reconcile(
            loaded.engagement, Work(tools, process, Templates(ROOT / "issue_templates"), now, patience)
        )
    finally:
        connection.close()
    assert done.exit_code is Exit.DONE, done


def work(sandbox: Sandbox) -> None:
    """Let a week pass in which people sent the welcome e-mail and prepared the kick-off."""
    sandbox.world.clock.advance(timedelta(days=7, hours=3))
    maria, paul = Client(sandbox, "maria"), Client(sandbox, "paul")
    _move(maria, "Welcome e-mail: Acme Corp", "ps-state::done", stateEvent="CLOSE")
    _move(maria, "Acme Corp: SOW-2026-142", "ps-phase::kick-off")
    _move(paul, "Kick-off: Acme Corp", "ps-state::doing")
    _move(paul, "Intake (AWS): Acme Corp", "ps-state::waiting-customer")
    sandbox.world.clock.advance(timedelta(hours=2))


def found(sandbox: Sandbox, title: str) -> dict[str, str]:
    """Return what a client needs to write to the item of that title."""
    item = next(item for item in sandbox.world.items.values() if item.title == title)
    return {"id": f"gid://gitlab/WorkItem/{item.id}"}


def _move(client: Client, title: str, label: str, **fields: str) -> None:
    number = next(one.id for one in client.sandbox.world.labels.values() if one.title == label)
    client.update(
        found(client.sandbox, title), labelsWidget={"addLabelIds": [f"gid://gitlab/Label/{number}"]}, **fields
    )
