"""Quick actions run in descriptions and notes and are removed (GitLab's documentation of quick actions)."""

import pytest

from psbot.sandbox.rules.quick_actions import extract
from psbot.sandbox.server.app import Sandbox
from tests.sandbox.client import Client


def described(text: str) -> dict[str, str]:
    return {"description": text}


@pytest.mark.parametrize(
    "text",
    [
        "/close",
        "/CLOSE",
        "words\n/close\nmore",
        "<!-- hidden\n/close\n-->",
        "<!-- a -->\n/close",
        "/close  \r\n",
        "`code` on a line\n/close",
    ],
)
def test_quick_action_in_a_description_closes_the_item(bot: Client, text: str) -> None:
    item = bot.item(bot.create("x", descriptionWidget=described(text)))
    assert item["state"] == "CLOSED"
    assert "/close" not in item["description"].lower()


@pytest.mark.parametrize(
    "text",
    [
        "```\n/close\n```",
        "~~~text\n/close\n~~~",
        "`/close`",
        "<details>\n/close\n</details>",
        ">>>\n/close\n>>>",
        "say /close",
        " /close",
        "/closed",
        "\u2060/close",
        "/unknown_command now",
    ],
)
def test_description_without_quick_actions_is_unchanged(bot: Client, text: str) -> None:
    item = bot.item(bot.create("x", descriptionWidget=described(text)))
    assert (item["state"], item["description"]) == ("OPEN", text)


def test_label_actions_find_group_labels_and_ignore_unknown_ones(bot: Client) -> None:
    for title in ("bug", "in progress", "plain"):
        bot.label(title)
    item = bot.create("x", descriptionWidget=described('/label ~bug ~"in progress" ~nowhere'))
    assert bot.item(item).labels == ["bug", "in progress"]
    bot.note(item, "/unlabel ~bug")
    assert bot.item(item).labels == ["in progress"]
    bot.note(item, "/relabel ~plain")
    assert bot.item(item).labels == ["plain"]
    bot.note(item, "/unlabel")
    assert bot.item(item).labels == []


def test_assignee_actions_assign_and_unassign(bot: Client) -> None:
    item = bot.create("x", descriptionWidget=described("/assign @paul @petra"))
    assert bot.item(item).assignees == ["paul", "petra"]
    bot.note(item, "/unassign @paul")
    assert bot.item(item).assignees == ["petra"]
    bot.note(item, "/reassign @maria")
    assert bot.item(item).assignees == ["maria"]
    bot.as_user("dora").note(item, "/assign me")
    assert bot.item(item).assignees == ["maria", "dora"]


def test_other_actions_set_their_fields(bot: Client) -> None:
    item = bot.create("x")
    bot.note(item, "/title Better words\n/due 2026-12-24\n/confidential\n/lock\n/estimate 2h\n/spend 30m")
    seen = bot.item(item)
    assert (seen["title"], seen["confidential"]) == ("Better words", True)
    assert seen.widget("START_AND_DUE_DATE")["dueDate"] == "2026-12-24"
    assert seen.system_notes[-5:] == [
        "changed due date to December 24, 2026",
        "made the issue confidential",
        "locked the discussion in this issue",
        "changed time estimate to 2h",
        "added 30m of time spent",
    ]
    bot.note(item, "/remove_due_date")
    assert bot.item(item).widget("START_AND_DUE_DATE")["dueDate"] is None


def test_note_with_only_quick_actions_is_not_created(bot: Client) -> None:
    item = bot.create("x")
    payload = bot.note(item, "/close")
    assert (payload["note"], payload["errors"]) == (None, [])
    assert payload["quickActionsStatus"] == {"commandNames": ["close"], "commandsOnly": True}
    assert bot.item(item)["state"] == "CLOSED"


def test_note_keeps_its_text_without_the_quick_action(bot: Client) -> None:
    item = bot.create("x")
    payload = bot.note(item, "Done, thank you\n/close")
    assert payload["note"]["body"] == "Done, thank you"
    assert bot.item(item)["state"] == "CLOSED"


def test_quick_actions_do_nothing_without_permission_to_change_the_item(bot: Client) -> None:
    item = bot.epic("x")
    payload = bot.as_user("ada").note(item, "/close")
    assert payload["errors"] == ["Could not apply close command."]
    assert bot.item(item)["state"] == "OPEN"


def test_customer_closes_their_own_item_by_a_quick_action_in_its_description(
    sandbox: Sandbox, bot: Client
) -> None:
    item = bot.as_user("ada").create("mine", descriptionWidget=described("/close\nplease"))
    assert bot.item(item)["state"] == "CLOSED"
    assert [event.user.username for event in sandbox.world.items[1].state_events] == ["ada"]


def test_extract_returns_quick_actions_in_order() -> None:
    text, actions = extract("a\n/label ~x\nb\n/remove_due\n/open")
    assert text == "a\nb"
    assert [(one.name, one.argument) for one in actions] == [
        ("label", "~x"),
        ("remove_due_date", ""),
        ("reopen", ""),
    ]
