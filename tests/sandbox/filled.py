"""The ready-made world with an engagement in it, as the product writes it, and a day of work by people."""

from datetime import timedelta

from psbot.engagement import load_portfolio
from psbot.process import load_process
from psbot.sandbox.application import Sandbox
from tests.sandbox.client import Client
from tests.sandbox.test_product import ROOT, Product


def fill(sandbox: Sandbox) -> None:
    """Write the AWS example into *sandbox*."""
    process = load_process(ROOT / "config")
    (loaded,) = load_portfolio([ROOT / "examples" / "acme-aws.yml"], process)
    assert loaded.engagement is not None, loaded
    Product(sandbox, process, loaded.engagement).run()


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
