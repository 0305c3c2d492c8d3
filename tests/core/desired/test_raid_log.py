"""Risks and decisions that people raise, and the actions of a post-mortem: what they say, the log's lists, who owns them."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.desired.action_table import ActionRow, match_rows, missing_in_row, parse_rows
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild
from psbot.core.model.process import ActionTable
from psbot.core.text.marker import managed_sections
from tests.support.board import PROCESS, Desk, example

ACTS = ActionTable("Actions", "action", "Action", "Issue", "Due date", "Owner")
HEADS = "| Action | Issue | Due date | Owner |\n| --- | --- | --- | --- |\n"
PEOPLE = {"maria", "paul"}


@pytest.fixture
def desk() -> Desk:
    desk = Desk(example())
    desk.apply()
    desk.on("2026-12-10")
    desk.advance()
    return desk


def raise_(desk: Desk, kind: str, number: int, title: str, words: str = "", *labels: str) -> None:
    """Let paul open an item of *kind* under the epic, as people do: without a marker."""
    item = Item(
        f"{kind}/{number}",
        kind,
        desk.engagement.gitlab.internal,
        title,
        words,
        frozenset({f"ps-kind::{kind}", *labels}),
        ("paul",),
        due_on=date(2026, 12, 17),
        iid=700 + number,
        gid=f"gid://gitlab/WorkItem/{700 + number}",
        url=f"https://gitlab.example/-/issues/{700 + number}",
        created_by="paul",
        created_at=desk.now,
    )
    desk.world = desk.world.with_item(item)


def log(desk: Desk) -> str:
    return managed_sections(desk.item("log").description)["overview"]


def listed(desk: Desk, heading: str) -> list[str]:
    """Return the lines below a heading of the log's list."""
    text = log(desk).partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


def test_risk_of_a_person_gets_its_marker_its_first_labels_and_a_list_of_what_is_missing(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late", "They come in March.\n\n- Timeline: two weeks\n")
    desk.advance()
    risk = desk.item("risk/1")
    assert (desk.of("severity", "risk/1"), desk.of("state", "risk/1")) == (["medium"], ["todo"])
    assert risk.marker is not None
    assert managed_sections(risk.description)["missing"].startswith(
        "Still to be filled, each in a line of its own: Scope, Quality, Budget, Response\n"
    )
    assert risk.description.endswith("They come in March.\n\n- Timeline: two weeks\n")
    assert desk.plan().is_empty


@pytest.mark.parametrize("order", [("apply", "advance"), ("advance", "apply")])
def test_apply_and_advance_take_it_on_alike(order: tuple[str, str]) -> None:
    worlds = []
    for first in order:
        desk = Desk(example())
        desk.apply()
        desk.advance()
        raise_(desk, "decision", 1, "Two regions or one")
        getattr(desk, first)()
        desk.apply()
        desk.advance()
        assert desk.plan().is_empty
        worlds.append((desk.item("decision/1"), log(desk)))
    assert worlds[0] == worlds[1]


def test_label_that_a_person_takes_off_is_not_put_on_again(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late")
    desk.advance()
    desk.unlabel("paul", "risk/1", "severity", "medium")
    desk.advance()
    assert desk.of("severity", "risk/1") == []


def test_log_lists_risks_and_decisions_the_gravest_first_and_what_is_closed_last(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late", "", "ps-severity::low")
    raise_(desk, "risk", 2, "No access yet", "", "ps-severity::critical")
    raise_(desk, "risk", 3, "@ada leaves [soon](http://x)", "", "ps-severity::high")
    raise_(desk, "decision", 4, "Two regions", "")
    desk.advance()
    desk.finish("paul", "risk/2")
    shown = listed(desk, "Risks")
    assert [line.partition(" (")[0].partition(":")[0] for line in shown][1:] == [
        "The disks are late",
        "No access yet",
    ]
    assert "@ada" not in shown[0]
    assert (
        shown[1]
        == "The disks are late (<https://gitlab.example/-/issues/701>): low, todo, paul, due 2026-12-17"
    )
    assert shown[2].endswith("critical, done, paul, due 2026-12-17, closed")
    assert len(listed(desk, "Decisions")) == 1
    assert desk.plan().is_empty


def test_customer_reads_nothing_of_risks_and_decisions(desk: Desk) -> None:
    raise_(
        desk, "risk", 1, "The margin is 40 percent", "The walk-away price is 90k.", "ps-severity::critical"
    )
    raise_(desk, "decision", 2, "Bob is too slow")
    desk.apply()
    desk.advance()
    internal = desk.engagement.gitlab.internal
    seen = [f"{each.title} {each.description}" for each in desk.world.items if each.namespace != internal]
    assert not [text for text in seen if "margin" in text or "Bob" in text or "critical" in text]


# The table of actions


def table(*lines: str) -> str:
    return f"## Actions\n\nWords.\n\n{HEADS}" + "".join(f"{line}\n" for line in lines)


def test_rows_are_read_by_their_heads_whatever_their_order() -> None:
    text = "## Actions\n| Owner | Action | More | Due date |\n|:--|---|---|--:|\n| @paul | Test restores | x | 2027-04-09 |\n"
    (row,) = parse_rows(text, ACTS)
    assert row == ActionRow("Test restores", "", "2027-04-09", "@paul")
    assert (row.username, row.due_on) == ("paul", date(2027, 4, 9))


def test_empty_rows_code_comments_and_tables_elsewhere_are_no_actions() -> None:
    text = (
        f"## Facts\n{HEADS}| No | | 2027-04-09 | paul |\n\n{table('| | | | |')}"
        f"```\n{HEADS}| No | | | |\n```\n<!--\n{HEADS}| No | | | |\n-->\n## More\n{HEADS}| No | | | |\n"
    )
    assert parse_rows(text, ACTS) == ()


def test_long_rows_and_rows_without_bars_at_their_ends_hide_no_others() -> None:
    text = table(
        f"| {'x' * 2000} | | 2027-04-09 | paul |",
        "Bare | | 2027-04-10 | paul",
        "| Last | | 2027-04-11 | paul |",
    )
    assert [(row.what[:4], row.due) for row in parse_rows(text, ACTS)] == [
        ("xxxx", "2027-04-09"),
        ("Bare", "2027-04-10"),
        ("Last", "2027-04-11"),
    ]


def test_marker_of_an_action_can_be_read_however_long_its_words(desk: Desk) -> None:
    written(desk, f"| {'☃' * 400} | | 2027-04-09 | paul |")
    desk.advance()
    assert desk.item("action/1").marker is not None
    desk.advance()
    assert desk.plan().is_empty


def test_escaped_bars_belong_to_the_cell() -> None:
    (row,) = parse_rows(table(r"| a \| b | | 2027-04-09 | paul |"), ACTS)
    assert row.what == "a | b"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ActionRow("x", "", "2027-04-09", "paul"), []),
        (ActionRow("x", "", "2027-04-09", ""), ["no owner"]),
        (ActionRow("x", "", "2027-04-09", "ada"), ["owner ada is not listed under `people:`"]),
        (ActionRow("x", "", "", "paul"), ["no due date"]),
        (ActionRow("x", "", "soon", "paul"), ["due date soon is not a date such as 2027-04-09"]),
    ],
)
def test_row_says_what_keeps_it_from_becoming_an_issue(row: ActionRow, said: list[str]) -> None:
    assert list(missing_in_row(row, PEOPLE)) == said


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
    assert len(listed(desk, "Actions")) == 2


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


def test_row_without_owner_or_day_is_told_until_it_has_them(desk: Desk) -> None:
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


def test_closed_action_is_not_made_again(desk: Desk) -> None:
    written(desk, "| Test restores | | 2027-04-09 | paul |")
    desk.advance()
    desk.finish("paul", "action/1")
    desk.advance()
    assert [item.key for item in desk.world.children if item.kind == "action"] == ["action/1"]


def test_two_rows_of_the_same_words_are_one_action_each() -> None:
    found = parse_rows(table("| Test | | 2027-04-09 | paul |", "| Test | | 2027-04-16 | maria |"), ACTS)
    assert len({each.row.key for each in match_rows(found, ())}) == 2


def test_actions_are_made_although_the_post_mortem_ends_the_engagement(desk: Desk) -> None:
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


def test_process_as_shipped_names_the_heads_that_the_template_has() -> None:
    acts = PROCESS.kinds["post-mortem"].acts
    assert acts is not None
    assert replace(acts, kind="action") == ACTS
