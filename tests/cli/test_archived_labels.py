"""An archived label of the catalogue is in no list, and its title cannot be given to another label."""

from psbot.sandbox.server.app import Sandbox
from tests.support.paths import ROOT
from tests.support.terminal import psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"


def test_apply_says_which_label_is_archived_and_where_to_unarchive_it(sandbox: Sandbox) -> None:
    psbot = psbot_on(sandbox, columns=300)
    assert psbot("apply", AWS).exit_code == 0
    label = next(each for each in sandbox.world.labels.values() if each.title == "ps-state::todo")
    label.is_archived = True
    sandbox.world.record_write()
    ended = psbot("apply", AWS)
    assert ended.exit_code == 3, ended.output
    assert "ps-state::todo" in ended.output
    assert f"archived; unarchive it on the page Labels of {label.namespace.full_path}" in ended.output
    label.is_archived = False
    sandbox.world.record_write()
    assert psbot("apply", AWS).exit_code == 0
