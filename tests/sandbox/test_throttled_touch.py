"""The time of the last update: notes and labels move it at most once a minute."""

from datetime import timedelta

import pytest

from psbot.sandbox.server.app import Sandbox
from tests.sandbox.client import Client


@pytest.mark.parametrize(("seconds", "is_moved"), [(59, False), (62, True)])
@pytest.mark.parametrize("what", ["note", "label"])
def test_note_or_label_moves_the_last_update_only_after_a_minute(
    sandbox: Sandbox, bot: Client, what: str, seconds: int, *, is_moved: bool
) -> None:
    item, label = bot.create("x"), bot.label("y")
    sandbox.world.clock.set(sandbox.world.items[1].updated_at + timedelta(seconds=seconds))
    before = bot.item(item).data["updatedAt"]
    if what == "note":
        bot.note(item, "Fine.")
    else:
        bot.update(item, labelsWidget={"addLabelIds": [label]})
    assert (bot.item(item).data["updatedAt"] != before) is is_moved
