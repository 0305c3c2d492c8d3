"""The ready-made world with an engagement in it, as the product writes it, and a day of work by people."""

from datetime import timedelta

from psbot.apply.apply import Tools
from psbot.config.loader import load_process
from psbot.core.model.process import Limits
from psbot.engagements.loader import load_portfolio
from psbot.errors import Exit
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import Patience
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Work
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import token_of
from psbot.templates.library import Templates
from tests.sandbox.client import Client
from tests.support.paths import ROOT


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
