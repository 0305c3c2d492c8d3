"""The table of actions in a post-mortem, read row by row."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.desired.action_table import ActionRow, match_rows, missing_in_row, parse_rows
from psbot.core.model.item import Item
from psbot.core.model.process import ActionTable
from psbot.core.text.marker import Marker
from tests.support.board import PROCESS

ACTIONS = ActionTable("Actions", "action", "Action", "Issue", "Due date", "Owner")
HEADS = "| Action | Issue | Due date | Owner |\n| --- | --- | --- | --- |\n"
PEOPLE = {"maria", "paul"}


def table(*lines: str) -> str:
    return f"## Actions\n\nWords.\n\n{HEADS}" + "".join(f"{line}\n" for line in lines)


def test_rows_are_read_by_their_heads_whatever_their_order() -> None:
    text = "## Actions\n| Owner | Action | More | Due date |\n|:--|---|---|--:|\n| @paul | Test restores | x | 2027-04-09 |\n"
    (row,) = parse_rows(text, ACTIONS)
    assert row == ActionRow("Test restores", "", "2027-04-09", "@paul")
    assert (row.username, row.due_on) == ("paul", date(2027, 4, 9))


def test_empty_rows_code_comments_and_tables_elsewhere_are_no_actions() -> None:
    text = (
        f"## Facts\n{HEADS}| No | | 2027-04-09 | paul |\n\n{table('| | | | |')}"
        f"```\n{HEADS}| No | | | |\n```\n<!--\n{HEADS}| No | | | |\n-->\n## More\n{HEADS}| No | | | |\n"
    )
    assert parse_rows(text, ACTIONS) == ()


def test_long_rows_and_rows_without_bars_at_their_ends_hide_no_others() -> None:
    text = table(
        f"| {'x' * 2000} | | 2027-04-09 | paul |",
        "Bare | | 2027-04-10 | paul",
        "| Last | | 2027-04-11 | paul |",
    )
    assert [(row.what[:4], row.due) for row in parse_rows(text, ACTIONS)] == [
        ("xxxx", "2027-04-09"),
        ("Bare", "2027-04-10"),
        ("Last", "2027-04-11"),
    ]


def test_escaped_bars_belong_to_the_cell() -> None:
    (row,) = parse_rows(table(r"| a \| b | | 2027-04-09 | paul |"), ACTIONS)
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
def test_row_shows_what_keeps_it_from_becoming_an_issue(row: ActionRow, said: list[str]) -> None:
    assert list(missing_in_row(row, PEOPLE)) == said


def test_two_rows_of_the_same_text_are_one_action_each() -> None:
    found = parse_rows(table("| Test | | 2027-04-09 | paul |", "| Test | | 2027-04-16 | maria |"), ACTIONS)
    assert len({each.row.key for each in match_rows(found, ())}) == 2


def test_process_as_shipped_names_the_heads_that_the_template_has() -> None:
    acts = PROCESS.kinds["post-mortem"].acts
    assert acts is not None
    assert replace(acts, kind="action") == ACTIONS


def test_row_with_escapes_belongs_to_the_closed_item_of_an_earlier_version() -> None:
    (row,) = parse_rows(table("| Ask \\@maria about \\#12 | | 2027-04-09 | paul |"), ACTIONS)
    assert row.what == "Ask @maria about #12"
    made = replace(ActionRow("Ask \\@maria about \\#12"), due="2027-04-09")
    marker = Marker("acme-sow-142", "action/1", made.memory)
    closed = Item("action/1", "action", "acme/internal", "x", f"{marker}\n", is_open=False)
    (matched,) = match_rows([row], [closed])
    assert matched.item == closed
