"""Work items: writes, and the notes, events and notifications that follow."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed import GROUP, PROJECT, sandbox_world
from tests.sandbox.client import CREATE, UPDATE, Client


def user_id(sandbox: Sandbox, username: str) -> str:
    user = sandbox.world.user(username)
    assert user is not None
    return f"gid://gitlab/User/{user.id}"


def test_child_gets_parent_dates_and_assignee_in_one_mutation(sandbox: Sandbox, bot: Client) -> None:
    epic = bot.epic("Epic")
    child = bot.create(
        "Child",
        hierarchyWidget={"parentId": epic["id"]},
        assigneesWidget={"assigneeIds": [user_id(sandbox, "paul")]},
        startAndDueDateWidget={"dueDate": "2026-12-01"},
    )
    seen = bot.item(child)
    assert seen.widget("HIERARCHY")["parent"] == {"id": epic["id"]}
    assert seen.assignees == ["paul"]
    assert seen.widget("START_AND_DUE_DATE") == {
        "type": "START_AND_DUE_DATE",
        "startDate": None,
        "dueDate": "2026-12-01",
        "isFixed": True,
    }
    assert seen.system_notes == [
        "assigned to @paul",
        "changed due date to December 1, 2026",
        "added acme/delivery&1 as parent epic",
    ]
    assert bot.item(epic).system_notes == ["added acme/delivery/project#1 as child issue"]


def test_assignee_is_dropped_silently_when_not_a_member(sandbox: Sandbox, bot: Client) -> None:
    people = [user_id(sandbox, name) for name in ("ada", "paul")]
    item = bot.internal("x", assigneesWidget={"assigneeIds": [*people, "gid://gitlab/User/999"]})
    assert bot.item(item).assignees == ["paul"]


def test_only_one_assignee_is_kept_in_the_free_edition() -> None:
    with running_sandbox(sandbox_world(edition=Edition.FREE)) as sandbox:
        bot = Client(sandbox)
        people = [user_id(sandbox, name) for name in ("paul", "petra")]
        assert bot.item(bot.create("x", assigneesWidget={"assigneeIds": people})).assignees == ["paul"]


def test_epic_inherits_dates_from_its_children_unless_they_are_fixed(bot: Client) -> None:
    epic = bot.epic("Epic", startAndDueDateWidget={"isFixed": False})
    for day in ("2026-12-01", "2026-12-24"):
        dates = {"startDate": day, "dueDate": day}
        bot.create(day, hierarchyWidget={"parentId": epic["id"]}, startAndDueDateWidget=dates)
    seen = bot.item(epic).widget("START_AND_DUE_DATE")
    assert (seen["startDate"], seen["dueDate"], seen["isFixed"]) == ("2026-12-01", "2026-12-24", False)
    bot.update(
        epic, startAndDueDateWidget={"startDate": "2027-01-01", "dueDate": "2027-02-01", "isFixed": True}
    )
    seen = bot.item(epic).widget("START_AND_DUE_DATE")
    assert (seen["startDate"], seen["dueDate"], seen["isFixed"]) == ("2027-01-01", "2027-02-01", True)


def test_date_is_removed_by_null_and_kept_when_omitted(bot: Client) -> None:
    item = bot.create("x", startAndDueDateWidget={"startDate": "2026-12-01", "dueDate": "2026-12-02"})
    bot.update(item, startAndDueDateWidget={"dueDate": None})
    seen = bot.item(item)
    assert seen.widget("START_AND_DUE_DATE")["startDate"] == "2026-12-01"
    assert seen.widget("START_AND_DUE_DATE")["dueDate"] is None
    assert seen.system_notes[-1] == "removed due date"


def test_title_note_marks_the_difference(bot: Client) -> None:
    item = bot.create("Kick-off: Acme")
    bot.update(item, title="Kick-off: Ajax")
    assert bot.item(item).system_notes == [
        "changed title from **Kick-off: A{-cme-}** to **Kick-off: A{+jax+}**"
    ]


def test_description_records_its_last_editor(bot: Client) -> None:
    item = bot.create("x", descriptionWidget={"description": "one"})
    assert bot.item(item).widget("DESCRIPTION")["lastEditedBy"] is None
    bot.as_user("maria").update(item, descriptionWidget={"description": "two"})
    seen = bot.item(item)
    assert seen.widget("DESCRIPTION")["lastEditedBy"] == {"username": "maria"}
    assert seen.system_notes == ["changed the description"]


def test_checked_task_adds_its_own_note(bot: Client) -> None:
    item = bot.create("x", descriptionWidget={"description": "- [ ] one (a)\n- [ ] two\n* [x] three"})
    bot.as_user("ada").note(item, "looking")
    bot.as_user("maria").update(
        item, descriptionWidget={"description": "- [x] one (a)\n- [ ] two\n* [ ] three"}
    )
    seen = bot.item(item)
    assert seen.system_notes == [
        r"marked the checklist item **one \(a\)** as completed",
        "marked the checklist item **three** as incomplete",
    ]
    assert seen.widget("DESCRIPTION")["taskCompletionStatus"] == {"count": 3, "completedCount": 1}


@pytest.mark.parametrize("write", ["note", "label", "title", "state"])
def test_updated_at_changes_with_every_write(sandbox: Sandbox, bot: Client, write: str) -> None:
    item = bot.create("x")
    label = bot.label("bug")
    sandbox.world.clock.advance(timedelta(minutes=2))  # notes and labels alone change it once a minute
    before = sandbox.world.items[1].updated_at
    if write == "note":
        bot.note(item, "hello")
    else:
        fields: dict[str, dict[str, Any]] = {
            "label": {"labelsWidget": {"addLabelIds": [label]}},
            "title": {"title": "y"},
            "state": {"stateEvent": "CLOSE"},
        }
        bot.update(item, **fields[write])
    assert sandbox.world.items[1].updated_at > before


def test_closing_adds_an_event_and_notifies_author_and_assignees(sandbox: Sandbox, bot: Client) -> None:
    item = bot.as_user("maria").create("x", assigneesWidget={"assigneeIds": [user_id(sandbox, "paul")]})
    bot.as_user("petra").update(item, stateEvent="CLOSE")
    world_item = sandbox.world.items[1]
    assert [(event.state, event.user.username) for event in world_item.state_events] == [("closed", "petra")]
    assert world_item.closed_by is sandbox.world.user("petra")
    told = [(one.username, one.reason) for one in sandbox.world.notifications]
    assert told == [("paul", "assigned"), ("maria", "closed"), ("paul", "closed")]
    bot.update(item, stateEvent="REOPEN")
    assert bot.item(item)["state"] == "OPEN"
    assert bot.item(item).system_notes[-4:] == [
        "closed",
        "set status to **Done**",
        "reopened",
        "set status to **To do**",
    ]


def test_bots_and_the_actor_get_no_notifications(sandbox: Sandbox, bot: Client) -> None:
    item = bot.create(
        "x", assigneesWidget={"assigneeIds": [user_id(sandbox, "psbot-bot"), user_id(sandbox, "maria")]}
    )
    sandbox.world.notifications.clear()
    bot.as_user("maria").update(item, stateEvent="CLOSE")
    assert sandbox.world.notifications == []


def test_item_leaves_its_parent_when_it_gets_another(bot: Client) -> None:
    first, second = bot.epic("first"), bot.epic("second")
    child = bot.create("x", hierarchyWidget={"parentId": first["id"]})
    bot.update(child, hierarchyWidget={"parentId": second["id"]})
    assert bot.item(first).widget("HIERARCHY")["children"]["nodes"] == []
    assert bot.item(second).widget("HIERARCHY")["children"]["nodes"] == [{"id": child["id"]}]
    bot.update(child, hierarchyWidget={"parentId": None})
    assert bot.item(child).widget("HIERARCHY")["parent"] is None


def test_child_epics_need_ultimate() -> None:
    with running_sandbox(sandbox_world(edition=Edition.PREMIUM)) as sandbox:
        bot = Client(sandbox)
        above = bot.epic("above")
        data = {
            "namespacePath": GROUP,
            "workItemTypeId": "gid://gitlab/WorkItems::Type/8",
            "title": "below",
            "hierarchyWidget": {"parentId": above["id"]},
        }
        payload = bot.execute(CREATE, input=data)["workItemCreate"]
        assert payload["workItem"] is None
        assert payload["errors"]
        assert len(sandbox.world.items) == 1


def test_issue_cannot_be_a_child_of_an_issue_nor_an_epic_its_own_ancestor(
    sandbox: Sandbox, bot: Client
) -> None:
    issue, other = bot.create("a"), bot.create("b")
    top, middle = bot.epic("top"), bot.epic("middle")
    bot.update(middle, hierarchyWidget={"parentId": top["id"]})
    for child, parent in ((issue, other), (top, middle), (top, top)):
        data = {"id": child["id"], "hierarchyWidget": {"parentId": parent["id"]}}
        assert bot.execute(UPDATE, input=data)["workItemUpdate"]["errors"]
    assert sandbox.world.items[1].parent is None


def test_widget_is_refused_when_the_type_does_not_have_it(bot: Client) -> None:
    data = {
        "namespacePath": PROJECT,
        "workItemTypeId": "gid://gitlab/WorkItems::Type/1",
        "title": "x",
        "colorWidget": {"color": "#ff0000"},
    }
    answer = bot.execute_raw(CREATE, input=data)
    (error,) = answer["errors"]
    assert error["message"] == "Following widget keys are not supported by Issue type: [:color_widget]"
    assert (error["path"], answer["data"]["workItemCreate"]) == (["workItemCreate"], None)


def test_times_are_whole_seconds_so_two_writes_can_have_the_same_time(bot: Client) -> None:
    item = bot.create("x")
    before = bot.item(item)
    bot.update(item, title="y")
    after = bot.item(item)
    assert before["updatedAt"] == after["updatedAt"]
    assert datetime.fromisoformat(after["updatedAt"]).date() == date(2026, 11, 23)
    assert after["lockVersion"] == before["lockVersion"] + 1


def test_deleting_needs_an_owner(sandbox: Sandbox, bot: Client) -> None:
    item = bot.create("x")
    query = "mutation($input: WorkItemDeleteInput!) { workItemDelete(input: $input) { errors } }"
    assert bot.execute_raw(query, input={"id": item["id"]})["errors"]
    assert bot.as_user("dora").execute(query, input={"id": item["id"]}) == {"workItemDelete": {"errors": []}}
    assert sandbox.world.items == {}


def test_reference_adds_one_note_to_the_other_item(bot: Client) -> None:
    target, source = bot.create("target"), bot.internal("source")
    bot.note(source, "see acme/delivery/project#1")
    bot.note(source, "see acme/delivery/project#1 again")
    seen = bot.item(target)
    assert seen.system_notes == ["mentioned in issue internal#1"]
    assert bot.as_user("ada").item(target).system_notes == []


@pytest.mark.parametrize("text", ["`#1`", "#\u20601", "\\#1", "internal\\#1", "<!-- #1 -->", "x#1y"])
def test_reference_is_ignored_in_code_and_when_escaped(bot: Client, text: str) -> None:
    target, source = bot.create("target"), bot.create("source")
    bot.note(source, text)
    assert bot.item(target).system_notes == []


def test_bulk_update_changes_labels_of_several_items(bot: Client) -> None:
    label = bot.label("bug")
    items = [bot.create(title) for title in ("a", "b")]
    query = """mutation($input: WorkItemBulkUpdateInput!) {
      workItemBulkUpdate(input: $input) { errors updatedWorkItemCount } }"""
    data = {"fullPath": "acme", "ids": [one["id"] for one in items], "labelsWidget": {"addLabelIds": [label]}}
    assert bot.execute(query, input=data)["workItemBulkUpdate"] == {"errors": [], "updatedWorkItemCount": 2}
    assert [bot.item(one).labels for one in items] == [["bug"], ["bug"]]


def test_closing_an_epic_or_an_issue_of_the_free_edition_leaves_no_status_note(
    sandbox: Sandbox, bot: Client
) -> None:
    epic = bot.epic("Epic")
    bot.update(epic, stateEvent="CLOSE")
    assert bot.item(epic).system_notes == ["closed"]
    sandbox.world.edition = Edition.FREE
    issue = bot.create("x")
    bot.update(issue, stateEvent="CLOSE")
    assert bot.item(issue).system_notes == ["closed"]


def test_texts_lose_carriage_returns_and_white_space_at_the_end(bot: Client) -> None:
    item = bot.create("x", descriptionWidget={"description": "one\r\ntwo \n\n"})
    assert bot.item(item).data["description"] == "one\ntwo"
    bot.update(item, descriptionWidget={"description": "three\r\n"})
    assert bot.item(item).data["description"] == "three"
    assert bot.note(item, "a note\r\n")["note"]["body"] == "a note"


def test_new_child_comes_first(bot: Client) -> None:
    epic = bot.epic("Epic")
    children = [bot.create(name, hierarchyWidget={"parentId": epic["id"]}) for name in ("a", "b")]
    nodes = bot.item(epic).widget("HIERARCHY")["children"]["nodes"]
    assert [node["id"] for node in nodes] == [child["id"] for child in reversed(children)]


def test_description_is_limited_in_bytes(bot: Client) -> None:
    data = {"id": bot.create("x")["id"], "descriptionWidget": {"description": "é" * 600_000}}
    payload = bot.execute(UPDATE, input=data)["workItemUpdate"]
    assert payload["errors"] == ["Description is too long (1 MiB). The maximum size is 1 MiB."]
