"""An item that somebody has turned into an incident is reported, and stops nothing else."""

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import ItemType, WorkItem
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, columns=300)


@pytest.fixture
def incident(psbot: Psbot, sandbox: Sandbox) -> WorkItem:
    """The kick-off, turned into an incident after it was created."""
    assert psbot("apply", AWS).exit_code == 0
    found = next(each for each in sandbox.world.items.values() if each.title.startswith("Kick-off"))
    found.type = ItemType.INCIDENT
    sandbox.world.record_write()
    sandbox.gate.log.reset()
    return found


@pytest.mark.parametrize("command", ["plan", "apply", "advance"])
def test_issue_turned_into_an_incident_is_named_with_its_address(
    psbot: Psbot, sandbox: Sandbox, incident: WorkItem, command: str
) -> None:
    before = len(sandbox.world.items)
    ended = psbot(command, AWS)
    assert ended.exit_code == 0, ended.output
    assert "its type is Incident now" in ended.output
    assert f"acme/delivery/project/-/issues/{incident.iid}" in ended.output
    assert len(sandbox.world.items) == before


def test_stale_reads_past_an_incident(psbot: Psbot, incident: WorkItem) -> None:
    ended = psbot("stale", AWS)
    assert ended.exit_code in (0, 4), ended.output


def test_explain_says_that_the_type_is_the_reason(psbot: Psbot, incident: WorkItem) -> None:
    ended = psbot("explain", f"acme/delivery/project#{incident.iid}", AWS)
    assert "its type is Incident now" in ended.output
