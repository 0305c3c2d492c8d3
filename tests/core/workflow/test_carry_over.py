"""Open tasks of a call are carried over into the next one, once and escaped."""

from dataclasses import replace
from typing import Any

import pytest

from psbot.core.model.operations import CreateChild
from tests.core.workflow.engagements import delivering, quiet
from tests.support.board import Desk

CALL, NEXT_CALL, CALL_AFTER = "call/2026-12-15", "call/2026-12-22", "call/2026-12-29"


def test_open_actions_of_a_call_go_into_the_next_one_once_and_inert() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    tasks = "## Next steps\n\n- [x] done\n- [ ] Ask @maria, see #12\n* [ ] /close it\n- [ ] \n\n## Else\n- [ ] not this\n"
    desk.edit("call/2026-12-15", lambda text: text.replace("## Next steps", tasks))
    assert desk.plan().is_empty, "the call is not over yet"
    desk.close("paul", "call/2026-12-15")
    desk.advance()
    text = desk.item("call/2026-12-22").description
    section = text.partition("begin: carried -->\n")[2].partition("<!-- psbot end")[0]
    assert section.splitlines() == [
        "**Open actions from the previous call** (2026-12-15)",
        "",
        "- [ ] Ask \\@maria, see \\#12",
        "- [ ] \\/close it",
    ]
    assert quiet(desk)
    desk.edit("call/2026-12-22", lambda text: text.replace("- [ ] Ask", "- [x] Ask"))
    assert desk.plan().is_empty, "a tick is never taken back"


def test_open_actions_go_into_the_next_call_when_it_is_made_after_the_one_before_is_over() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    calls = sorted(key for key in desk.world.by_key() if key.startswith("call/"))
    desk.edit(calls[-1], lambda text: text.replace("## Next steps", "## Next steps\n\n- [ ] Order disks"))
    desk.on("2027-01-11")  # psbot was away for so long that the next calls do not exist yet
    made = desk.advance()
    fresh = [
        each.item for each in made.operations if isinstance(each, CreateChild) and each.item.kind == "call"
    ]
    assert ["Order disks" in item.description for item in fresh] == [True, False]
    assert quiet(desk)


def calling(task: str = "Order disks") -> Desk:
    """Return the AWS example on the day of a call that leaves *task* to be done; two more calls are there."""
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    desk.edit(CALL, lambda text: text.replace("## Next steps", f"## Next steps\n\n- [ ] {task}"))
    return desk


def test_blank_lines_of_the_form_are_no_open_actions() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    desk.close("paul", CALL)
    desk.advance()
    assert "Open actions from the previous call" not in desk.item(NEXT_CALL).description
    other = calling()
    other.close("paul", CALL)
    other.advance()
    section = other.item(NEXT_CALL).description.partition("begin: carried -->\n")[2].partition("<!--")[0]
    assert section.splitlines()[2:] == ["- [ ] Order disks"]


@pytest.mark.parametrize("place", [{"confidential": True}, {"namespace": "acme/delivery/internal"}])
def test_open_actions_do_not_leave_a_call_that_not_everybody_may_read(place: dict[str, Any]) -> None:
    desk = calling("Tell nobody of the overrun")
    hidden = replace(desk.item(CALL), **place, iid=4711)
    others = [each for each in desk.world.children if each.key != CALL]
    desk.world = replace(desk.world, children=(*others, hidden))
    desk.close("paul", CALL)
    desk.advance()
    assert "Tell nobody" not in desk.item(NEXT_CALL).description


def test_open_actions_pass_by_a_call_that_is_skipped() -> None:
    desk = calling()
    desk.label("maria", NEXT_CALL, "state", "skipped")
    desk.advance()
    desk.close("paul", CALL)
    desk.advance()
    assert "Order disks" in desk.item(CALL_AFTER).description
    assert "Order disks" not in desk.item(NEXT_CALL).description
    assert quiet(desk)
