"""Work items, read from answers of GitLab: malformed answers are errors."""

import json
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import PageRequest
from tests.gitlab.answers import BASE, TOKEN, URL, Answers, page


def item(gid: int = 1, **changes: object) -> dict[str, object]:
    return {
        "id": f"gid://gitlab/WorkItem/{gid}",
        "iid": str(gid),
        "title": "Kick-off",
        "description": "Words",
        "state": "OPEN",
        "confidential": False,
        "webUrl": f"{BASE}/acme/-/work_items/{gid}",
        "createdAt": "2026-11-16T09:00:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "closedAt": None,
        "movedToWorkItemUrl": None,
        "author": {"username": "psbot-bot", "bot": True, "type": "SERVICE_ACCOUNT"},
        "namespace": {"fullPath": "acme/delivery/project"},
        "workItemType": {"id": "gid://gitlab/WorkItems::Type/1", "name": "Issue"},
        "widgets": [
            {
                "labels": {"nodes": [{"id": "gid://gitlab/GroupLabel/7", "title": "ps-state::todo"}]},
            },
            {"assignees": {"nodes": [{"username": "paul"}]}},
            {"parent": {"id": "gid://gitlab/WorkItem/9"}},
            {"startDate": None, "dueDate": "2026-12-01"},
            {"totalTimeSpent": 5400},
        ],
    } | changes


def children(*nodes: object, **more: Any) -> dict[str, object]:
    return {"data": {"group": {"id": "gid://gitlab/Group/1", "children": page(*nodes, **more)}}}


ASK = PageRequest(ItemList.CHILDREN, ("gid://gitlab/WorkItem/9",))


def test_reader_turns_a_work_item_into_a_sighting(answers: Answers, connection: Connection) -> None:
    answers.post(URL, json=children(item(), after="next", count=2))
    (found,) = GitLabReader(connection).fetch_pages("acme/delivery", [ASK])
    (seen,) = found.items
    assert (seen.gid, seen.iid, seen.namespace) == ("gid://gitlab/WorkItem/1", 1, "acme/delivery/project")
    assert (seen.due_on, seen.assignees, seen.parent) == (
        date(2026, 12, 1),
        ("paul",),
        "gid://gitlab/WorkItem/9",
    )
    assert seen.created_at == datetime(2026, 11, 16, 9, tzinfo=UTC)
    assert (seen.closed_at, seen.seconds_spent) == (None, 5400)
    assert seen.label_gids == {"ps-state::todo": "gid://gitlab/GroupLabel/7"}
    assert seen.author
    assert seen.author.is_machine
    assert (found.total_count, found.next_cursor) == (2, "next")
    sent = json.loads(answers.calls[0].request.body or "")
    assert sent["variables"] == {
        "group": "acme/delivery",
        "page": 100,
        "childrenAfter": None,
        "parents": ["gid://gitlab/WorkItem/9"],
    }
    assert answers.calls[0].request.headers["PRIVATE-TOKEN"] == TOKEN


WITHOUT_LABELS = [widget for widget in item()["widgets"] if "labels" not in widget]  # type: ignore[attr-defined]


ODD: list[Any] = [
    pytest.param(children(None), id="null node"),
    pytest.param(children(item(widgets=WITHOUT_LABELS)), id="widget missing"),
    pytest.param(children(item(title=None)), id="null title"),
    pytest.param({"data": {"group": None}}, id="null group"),
    pytest.param({"data": {"group": {"children": None}}}, id="null list"),
    pytest.param({"data": None}, id="null data"),
    pytest.param(
        children(item()) | {"errors": [{"message": "Timeout on WorkItem.title"}]}, id="errors beside data"
    ),
    pytest.param(children(after="more", count=5), id="empty page that goes on"),
]


@pytest.mark.parametrize("answer", ODD)
def test_reader_takes_nothing_odd_for_a_list(
    answers: Answers, connection: Connection, answer: object
) -> None:
    answers.post(URL, json=answer)
    with pytest.raises(GitLabError) as caught:
        GitLabReader(connection).fetch_pages("acme/delivery", [ASK])
    assert caught.value.exit_code is ExitCode.GITLAB


def test_reader_stops_when_paging_makes_no_progress(answers: Answers, connection: Connection) -> None:
    answers.post(URL, json=children(item(), after="same", count=5))
    with pytest.raises(GitLabError, match="makes no progress"):
        GitLabReader(connection).fetch_pages(
            "acme/delivery", [PageRequest(ItemList.CHILDREN, ASK.filter_values, "same")]
        )


def test_reader_refuses_an_item_that_may_have_more_labels_than_come(
    answers: Answers, connection: Connection
) -> None:
    labels = [{"id": f"gid://gitlab/GroupLabel/{number}", "title": f"l{number}"} for number in range(100)]
    found = item()
    widgets = cast(list[dict[str, Any]], found["widgets"])
    widgets[0]["labels"]["nodes"] = labels
    answers.post(URL, json=children(found))
    with pytest.raises(GitLabError, match="item 1 of acme/delivery/project has 100 labels or more"):
        GitLabReader(connection).fetch_pages("acme/delivery", [ASK])
    labels.pop()
    answers.post(URL, json=children(found))
    (page,) = GitLabReader(connection).fetch_pages("acme/delivery", [ASK])
    assert len(page.items[0].labels) == 99


def test_reader_reads_who_did_what_to_an_item(answers: Answers, connection: Connection) -> None:
    bot = {"username": "psbot-bot", "bot": True, "type": "SERVICE_ACCOUNT"}
    note = {"system": True, "createdAt": "2026-12-01T10:00:00Z", "author": bot}
    discussions = {
        "nodes": [{"notes": {"nodes": [note]}}],
        "pageInfo": {"hasNextPage": True, "endCursor": "c"},
    }
    widgets = [{"type": "DESCRIPTION", "lastEditedBy": None}, {"type": "NOTES", "discussions": discussions}]
    node = {
        "id": "gid://gitlab/WorkItem/1",
        "createdAt": "2026-12-01T09:00:00Z",
        "author": bot,
        "widgets": widgets,
    }
    answers.post(URL, json={"data": {"group": {"id": "1", "workItems": {"nodes": [node]}}}})
    found = GitLabReader(connection).fetch_activity("acme", ["gid://gitlab/WorkItem/1"])
    activity = found["gid://gitlab/WorkItem/1"]
    assert len(activity.notes) == 1
    assert not activity.has_all_notes
