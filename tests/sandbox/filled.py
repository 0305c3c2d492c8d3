"""Fills a sandbox with an example engagement, written by psbot, and a week of work by people."""

from datetime import timedelta

from psbot.apply.apply import WriteTools
from psbot.config.loader import load_process
from psbot.core.model.process import Limits
from psbot.engagements.loader import load_portfolio
from psbot.errors import ExitCode
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.reconcile import reconcile
from psbot.runs.work import RunContext
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import token_of
from psbot.templates.library import TemplateLibrary
from tests.sandbox.client import Client
from tests.support.paths import ROOT


def apply_example(sandbox: Sandbox) -> None:
    """Apply the AWS example to *sandbox* at its current time."""
    process = load_process(ROOT / "config")
    (loaded,) = load_portfolio([ROOT / "examples" / "acme-aws.yml"], process)
    assert loaded.engagement is not None, loaded
    limits = Limits(connections=1)  # sequential requests, so that every item has the same IID each time
    patience = WaitBudget(limits.rate_limit_seconds, lambda _seconds: None)
    connection = Connection(Server(sandbox.url, token_of("psbot-bot"), connections=1), patience)
    tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), limits, lambda: 0.0)
    now = sandbox.world.clock.now()
    try:
        done = reconcile(
            loaded.engagement,
            RunContext(tools, process, TemplateLibrary(ROOT / "issue_templates"), now, patience),
        )
    finally:
        connection.close()
    assert done.exit_code is ExitCode.DONE, done


def let_people_work(sandbox: Sandbox) -> None:
    """Let a week pass in which people send the welcome e-mail and prepare the kick-off."""
    sandbox.world.clock.advance(timedelta(days=7, hours=3))
    maria, paul = Client(sandbox, "maria"), Client(sandbox, "paul")
    _set_label(maria, "Welcome e-mail: Acme Corp", "ps-state::done", stateEvent="CLOSE")
    _set_label(maria, "Acme Corp: SOW-2026-142", "ps-phase::kick-off")
    _set_label(paul, "Kick-off: Acme Corp", "ps-state::doing")
    _set_label(paul, "Intake (AWS): Acme Corp", "ps-state::waiting-customer")
    sandbox.world.clock.advance(timedelta(hours=2))


def find_item(sandbox: Sandbox, title: str) -> dict[str, str]:
    """Return the ID of the item with that title, as an input of a mutation."""
    item = next(item for item in sandbox.world.items.values() if item.title == title)
    return {"id": f"gid://gitlab/WorkItem/{item.id}"}


def _set_label(client: Client, title: str, label: str, **fields: str) -> None:
    number = next(one.id for one in client.sandbox.world.labels.values() if one.title == label)
    client.update(
        find_item(client.sandbox, title),
        labelsWidget={"addLabelIds": [f"gid://gitlab/Label/{number}"]},
        **fields,
    )
