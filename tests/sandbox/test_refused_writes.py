"""Writes that GitLab refuses: what it says, and what it has carried out all the same."""

from typing import Any

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import INTERNAL_PROJECT
from tests.sandbox.client import CREATE, UPDATE, Client

LATE = {"startDate": "2026-12-02", "dueDate": "2026-12-01"}
TOO_EARLY = "Due date must be greater than or equal to start date"
NO_MATCH = "No matching work item found. Make sure that you are adding a valid work item ID."


def refused(bot: Client, item: dict[str, Any], **fields: Any) -> list[str]:
    """Send an update, and return why it is refused."""
    payload = bot.execute(UPDATE, input={"id": item["id"], **fields})["workItemUpdate"]
    assert payload["workItem"] is None
    errors: list[str] = payload["errors"]
    return errors


def test_update_is_refused_as_a_whole_when_the_item_would_be_due_before_it_starts(bot: Client) -> None:
    item = bot.create("x")
    assert refused(bot, item, title="y", startAndDueDateWidget=LATE) == [TOO_EARLY]
    assert bot.item(item).data["title"] == "x"


def test_creation_is_refused_when_the_item_would_be_due_before_it_starts(
    sandbox: Sandbox, bot: Client
) -> None:
    data = {"namespacePath": INTERNAL_PROJECT, "workItemTypeId": "gid://gitlab/WorkItems::Type/1"}
    payload = bot.execute(CREATE, input={**data, "title": "x", "startAndDueDateWidget": LATE})
    assert payload["workItemCreate"] == {"errors": [TOO_EARLY], "workItem": None}
    assert sandbox.world.items == {}


def test_epic_may_be_due_before_it_starts(bot: Client) -> None:
    epic = bot.epic("Epic")
    bot.update(epic, startAndDueDateWidget={**LATE, "isFixed": True})
    assert bot.item(epic).widget("START_AND_DUE_DATE")["dueDate"] == "2026-12-01"


def test_refused_update_has_closed_the_item_and_changed_its_labels_before_gitlab_validates_the_rest(
    bot: Client,
) -> None:
    item, label = bot.create("x"), bot.label("done")
    labels = {"addLabelIds": [label]}
    assert refused(bot, item, stateEvent="CLOSE", labelsWidget=labels, startAndDueDateWidget=LATE) == [
        TOO_EARLY
    ]
    seen = bot.item(item)
    assert (seen.data["state"], seen.labels) == ("CLOSED", ["done"])
    assert seen.system_notes == ["closed", "set status to **Done**"]  # the labels have no event


def test_item_is_there_when_only_its_link_is_refused(bot: Client, sandbox: Sandbox) -> None:
    data = {
        "namespacePath": INTERNAL_PROJECT,
        "workItemTypeId": "gid://gitlab/WorkItems::Type/1",
        "title": "x",
        "linkedItemsWidget": {"workItemsIds": ["gid://gitlab/WorkItem/999"]},
    }
    payload = bot.execute(CREATE, input=data)["workItemCreate"]
    assert payload == {"errors": [NO_MATCH], "workItem": None}
    assert [item.title for item in sandbox.world.items.values()] == ["x"]


def test_too_many_links_are_refused_before_the_item_is_created(bot: Client, sandbox: Sandbox) -> None:
    others = [bot.create(str(number))["id"] for number in range(11)]
    data = {
        "namespacePath": INTERNAL_PROJECT,
        "workItemTypeId": "gid://gitlab/WorkItems::Type/1",
        "title": "x",
        "linkedItemsWidget": {"workItemsIds": others},
    }
    (error,) = bot.execute_raw(CREATE, input=data)["errors"]
    assert error["message"] == "No more than 10 work items can be linked at the same time."
    assert len(sandbox.world.items) == len(others)


def test_type_that_the_place_does_not_have_is_refused_like_a_hidden_one(bot: Client) -> None:
    data = {
        "namespacePath": INTERNAL_PROJECT,
        "workItemTypeId": "gid://gitlab/WorkItems::Type/8",
        "title": "x",
    }
    (error,) = bot.execute_raw(CREATE, input=data)["errors"]
    assert "you don't have permission to perform this action" in error["message"]


def test_reopening_a_locked_item_does_nothing_and_is_no_error(bot: Client) -> None:
    item = bot.create("x")
    bot.update(item, stateEvent="CLOSE", notesWidget={"discussionLocked": True})
    payload = bot.execute(UPDATE, input={"id": item["id"], "stateEvent": "REOPEN"})["workItemUpdate"]
    assert (payload["errors"], payload["workItem"]["state"]) == ([], "CLOSED")
    bot.update(item, notesWidget={"discussionLocked": False})
    bot.update(item, stateEvent="REOPEN")
    assert bot.item(item).data["state"] == "OPEN"


@pytest.mark.parametrize("is_parent_confidential", [True, False])
def test_child_of_a_confidential_parent_must_be_confidential(
    bot: Client, *, is_parent_confidential: bool
) -> None:
    epic = bot.epic("Epic", confidential=is_parent_confidential)
    child = bot.create("Child")
    below = {"parentId": epic["id"]}
    if is_parent_confidential:
        assert refused(bot, child, hierarchyWidget=below) == [
            "A non-confidential work item cannot have a confidential parent."
        ]
        return
    bot.update(child, hierarchyWidget=below)
    assert refused(bot, epic, confidential=True) == [
        "All child items must be confidential in order to turn on confidentiality."
    ]


def test_label_that_is_both_added_and_removed_is_removed(bot: Client) -> None:
    item, label = bot.create("x"), bot.label("done")
    bot.update(item, labelsWidget={"addLabelIds": [label], "removeLabelIds": [label]})
    assert bot.item(item).labels == []
