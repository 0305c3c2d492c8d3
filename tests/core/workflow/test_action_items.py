"""Actions of a post-mortem become items: created once, matched when people reword them, reported when incomplete."""

import pytest

from psbot.core.model.operations import CreateChild
from psbot.core.text.marker import managed_sections
from tests.support.board import Desk, example


@pytest.fixture
def desk() -> Desk:
    desk = Desk(example())
    desk.apply()
    desk.on("2026-12-10")
    desk.advance()
    return desk


def listed(desk: Desk) -> list[str]:
    """Return the actions that the engagement log lists."""
    log = managed_sections(desk.item("log").description)["overview"]
    text = log.partition("### Actions\n")[2].partition("\n### ")[0]
    return [line for line in text.splitlines() if line.startswith("- ")]


def test_marker_of_an_action_can_be_read_however_long_its_text(desk: Desk) -> None:
    written(desk, f"| {'☃' * 400} | | 2027-04-09 | paul |")
    desk.advance()
    assert desk.item("action/1").marker is not None
    desk.advance()
    assert desk.plan().is_empty


def written(desk: Desk, *lines: str) -> None:
    """Let people fill in the table of the post-mortem."""
    desk.edit("post-mortem", lambda text: text.replace("| | | | |\n", "".join(f"{line}\n" for line in lines)))


def test_actions_become_items_with_owner_and_date_linked_to_the_post_mortem_once(desk: Desk) -> None:
    written(
        desk,
        "| Test restores every month | | 2027-04-09 | @paul |",
        "| Ask for access before the kick-off | | 2027-04-16 | maria |",
        "| Has its own | #12 | 2027-04-16 | maria |",
    )
    made = desk.advance()
    created = [
        each for each in made.operations if isinstance(each, CreateChild) and each.item.kind == "action"
    ]
    assert [(each.item.title, each.item.assignee, str(each.item.due_on)) for each in created] == [
        ("Test restores every month", "paul", "2027-04-09"),
        ("Ask for access before the kick-off", "maria", "2027-04-16"),
    ]
    assert [[one.key for one in each.linked] for each in created] == [["post-mortem"], ["post-mortem"]]
    assert {each.item.namespace for each in created} == {desk.engagement.gitlab.internal}
    desk.advance()  # the log lists what has a place by now
    assert desk.plan().is_empty
    assert len(listed(desk)) == 2


def test_row_that_is_reworded_or_moved_stays_the_same_action(desk: Desk) -> None:
    first, second = (
        "| Test restores every month | | 2027-04-09 | paul |",
        "| Ask for access before the kick-off | | 2027-04-16 | maria |",
    )
    written(desk, first, second)
    desk.advance()
    reworded = first.replace("every month", "each month, and note it")
    desk.edit("post-mortem", lambda text: text.replace(f"{first}\n{second}\n", f"{second}\n{reworded}\n"))
    desk.advance()
    desk.edit(
        "post-mortem", lambda text: text.replace("Test restores each month", "Try out restores each month")
    )
    desk.advance()
    assert {item.key for item in desk.world.children if item.kind == "action"} == {"action/1", "action/2"}
    assert desk.item("action/1").title == "Test restores every month", "the item leads from then on"
    desk.advance()
    assert desk.plan().is_empty


def test_row_without_owner_or_day_is_reported_until_it_has_them(desk: Desk) -> None:
    written(desk, "| Test restores | | soon | |")
    desk.advance()
    told = desk.told()["action-incomplete:post-mortem"].replace("\\", "")
    assert "'Test restores': no owner and due date soon is not a date" in told
    desk.edit("post-mortem", lambda text: text.replace("| soon | |", "| 2027-04-09 | paul |"))
    desk.advance()
    assert desk.told()["action-incomplete:post-mortem"].startswith("Resolved: ")
    assert desk.item("action/1").assignees == ("paul",)


def test_new_row_of_the_same_owner_and_day_is_another_action(desk: Desk) -> None:
    written(desk, "| Test restores | | 2027-04-09 | paul |")
    desk.advance()
    desk.edit("post-mortem", lambda text: text.replace("| Test restores |", "| Order the disks |"))
    desk.advance()
    assert {item.title for item in desk.world.children if item.kind == "action"} == {
        "Test restores",
        "Order the disks",
    }


def test_reworded_row_of_a_closed_action_is_a_new_one(desk: Desk) -> None:
    written(desk, "| Test restores every month | | 2027-04-09 | paul |")
    desk.advance()
    desk.finish("paul", "action/1")
    desk.edit("post-mortem", lambda text: text.replace("every month", "each month"))
    desk.advance()
    assert desk.item("action/2").title == "Test restores each month"


def test_closed_action_is_not_created_again(desk: Desk) -> None:
    written(desk, "| Test restores | | 2027-04-09 | paul |")
    desk.advance()
    desk.finish("paul", "action/1")
    desk.advance()
    assert [item.key for item in desk.world.children if item.kind == "action"] == ["action/1"]


def test_actions_are_created_although_the_post_mortem_ends_the_engagement(desk: Desk) -> None:
    for key in ("welcome-email", "kick-off", "intake-aws"):
        desk.finish("maria", key)
    desk.on("2027-03-01")
    desk.advance()
    desk.label("maria", "sign-off", "signoff", "received")
    for key in ("project-summary", "financial-wrap-up"):
        desk.finish("maria", key)
    written(desk, "| Test restores | | 2027-04-09 | paul |")
    desk.label("maria", "post-mortem", "state", "done")
    desk.advance()
    assert desk.phase == "completed"
    assert desk.item("action/1").is_open
