"""The adapter against canned HTTP: what psbot sends, and every way in which an answer is not one."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
import requests
import responses
from responses import matchers

from psbot.core.model.labels import LabelSpec
from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import RateLimited, Refused, Unclear
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.values import Dates, ItemUpdate, Membership, NewItem, PageRequest
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter

BASE = "https://gitlab.example/sub"
URL = f"{BASE}/api/graphql"
TOKEN = "glpat-secret-of-this-test"
Answers = responses.RequestsMock


@pytest.fixture
def answers() -> Iterator[Answers]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def connection(waited: list[float]) -> Iterator[Connection]:
    connection = Connection(Server(BASE, TOKEN, connections=2), WaitBudget(120, waited.append))
    yield connection
    connection.close()


def read(connection: Connection) -> object:
    return connection.read("query Any { x }", {})


def write(connection: Connection) -> object:
    return GitLabWriter(connection).update_items([ItemUpdate("gid://gitlab/WorkItem/1", title="T")])


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
        "workItemType": {"name": "Issue"},
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


def page(*nodes: object, count: int | None = None, after: str | None = None) -> dict[str, object]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"count": len(nodes) if count is None else count, "nodes": list(nodes), "pageInfo": info}


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


def place(level: int = 40, **more: object) -> dict[str, object]:
    types = {"nodes": [{"id": "gid://gitlab/WorkItems::Type/1", "name": "Issue"}]}
    return {
        "id": "1",
        "fullPath": "x",
        "maxAccessLevel": {"integerValue": level},
        "workItemTypes": types,
    } | more


def test_reader_tells_what_the_token_sees(answers: Answers, connection: Connection) -> None:
    label = {"id": "gid://gitlab/GroupLabel/7", "title": "ps-state::todo"}
    more = {"id": "gid://gitlab/GroupLabel/8", "title": "ps-state::done"}
    data = {
        "currentUser": {"id": "gid://gitlab/User/1", "username": "bot", "bot": True, "type": "PROJECT_BOT"},
        "group": place(workItemTypes={"nodes": []}, epics={"count": 3}),
        "project0": place(15, archived=False),
        "project1": None,
        "labelGroup": {
            "id": "1",
            "maxAccessLevel": {"integerValue": 20},
            "labels": page(label, count=2, after="c"),
        },
    }
    answers.post(URL, json={"data": data})
    answers.post(URL, json={"data": {"labelGroup": {"id": "1", "labels": page(more, count=2)}}})
    found = GitLabReader(connection).fetch_access("acme/delivery", ["a", "b", "a"], "acme")
    assert found.account.author.is_machine
    assert found.group
    assert found.group.item_type_gid is None
    assert found.epic_count == 3
    assert found.projects["b"] is None
    assert found.label_group
    assert (found.label_group.path, found.label_group.access_level) == ("acme", 20)
    assert found.labels == {"ps-state::todo": label["id"], "ps-state::done": more["id"]}


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


def test_reader_refuses_an_anonymous_answer(answers: Answers, connection: Connection) -> None:
    answers.post(URL, json={"data": {"currentUser": None}})
    with pytest.raises(GitLabError, match="does not recognise the token"):
        GitLabReader(connection).fetch_access("acme", [], "acme")


def test_reader_finds_members_by_exact_username(answers: Answers, connection: Connection) -> None:
    members = {
        "nodes": [{"user": {"username": "maria2"}}, {"user": None}],
        "pageInfo": {"hasNextPage": False},
    }
    user = {"id": "gid://gitlab/User/5", "username": "maria", "state": "blocked"}
    data = {"users": {"nodes": [user]}, "place0": {"id": "1", "members": members}, "place1": None}
    answers.post(URL, json={"data": data})
    asked = [Membership("maria", "p"), Membership("maria", "g", is_group=True)]
    found = GitLabReader(connection).fetch_accounts(["maria"], asked)
    assert found.gids == {"maria": "gid://gitlab/User/5"}
    assert found.inactive == {"maria"}
    assert not found.members


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


Fault = Callable[[Answers], object]


def _page_of_login(mock: Answers) -> object:
    return mock.post(URL, body="<html>Sign in</html>", content_type="text/html")


TRANSIENT: list[Any] = [
    *(pytest.param(lambda mock, s=s: mock.post(URL, status=s), id=str(s)) for s in (500, 502, 503, 504)),
    pytest.param(lambda mock: mock.post(URL, body=requests.ConnectionError("reset")), id="reset"),
    pytest.param(lambda mock: mock.post(URL, body=requests.Timeout("slow")), id="time-out"),
    pytest.param(
        lambda mock: mock.post(URL, body='{"data": {', content_type="application/json"), id="truncated"
    ),
]
MISDIRECTED: list[Any] = [
    pytest.param(_page_of_login, id="login page"),
    pytest.param(
        lambda mock: mock.post(URL, status=307, headers={"Location": "https://evil.example/"}), id="redirect"
    ),
]
CLEAR: list[Any] = [
    pytest.param(
        lambda mock: mock.post(URL, status=401, json={"errors": [{"message": "Invalid token"}]}), id="401"
    ),
    pytest.param(lambda mock: mock.post(URL, status=403, json={"error": "insufficient_scope"}), id="403"),
    pytest.param(lambda mock: mock.post(URL, json={"errors": [{"message": "complexity 300"}]}), id="errors"),
]
LIMITED: list[Any] = [
    pytest.param(lambda mock: mock.post(URL, status=429, headers={"Retry-After": "7"}), id="429"),
    pytest.param(
        lambda mock: mock.post(URL, json={"errors": [{"message": "requested too many times"}]}), id="in 200"
    ),
]


@pytest.mark.parametrize("fault", TRANSIENT)
def test_read_is_repeated_with_growing_waits_when_an_answer_may_be_better_next_time(
    answers: Answers, connection: Connection, waited: list[float], fault: Fault
) -> None:
    fault(answers)
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [1.0]


def test_read_gives_up_when_errors_stay(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=502)
    with pytest.raises(GitLabError, match="502"):
        read(connection)
    assert waited == [1.0, 2.0, 4.0]
    assert len(answers.calls) == 4


@pytest.mark.parametrize("fault", [*MISDIRECTED, *CLEAR])
def test_read_is_not_repeated_when_the_answer_will_not_change(
    answers: Answers, connection: Connection, fault: Fault
) -> None:
    fault(answers)
    with pytest.raises(GitLabError) as caught:
        read(connection)
    assert caught.value.exit_code is ExitCode.GITLAB
    assert caught.value.hint
    assert len(answers.calls) == 1


def test_read_waits_as_long_as_gitlab_says_when_it_is_limited(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "7"})
    answers.post(URL, json={"errors": [{"message": "This endpoint has been requested too many times."}]})
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [7.0, 10.0]


def test_read_does_not_wait_beyond_its_budget(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "86400"})
    with pytest.raises(RateLimited) as caught:
        read(connection)
    assert caught.value.exit_code is ExitCode.LIMIT
    assert waited == []


@pytest.mark.parametrize(
    ("faults", "kind"), [(TRANSIENT + MISDIRECTED, Unclear), (CLEAR, Refused), (LIMITED, RateLimited)]
)
def test_write_is_sent_once_whatever_the_answer(
    waited: list[float], connection: Connection, faults: list[Any], kind: type[Exception]
) -> None:
    for fault in faults:
        with responses.RequestsMock() as mock:
            fault.values[0](mock)
            with pytest.raises(kind):
                write(connection)
            assert len(mock.calls) == 1
    assert waited == []


def test_writer_tells_done_refused_and_unclear_apart_within_one_batch(
    answers: Answers, connection: Connection
) -> None:
    done = {"errors": [], "workItem": {"id": "gid://gitlab/WorkItem/1", "iid": "3", "webUrl": f"{BASE}/3"}}
    data = {"write0": done, "write1": {"errors": ["Title is too long"], "workItem": None}, "write2": None}
    hidden = "The resource does not exist or you don't have permission to perform this action"
    errors = [
        {"message": hidden, "path": ["write3"]},
        {"message": "Internal server error", "path": ["write2"]},
    ]
    answers.post(URL, json={"data": data | {"write3": None}, "errors": errors})
    updates = [ItemUpdate(f"gid://gitlab/WorkItem/{number}", title="T") for number in range(4)]
    found = GitLabWriter(connection).update_items(updates)
    assert (found[0].iid, found[0].refusal) == (3, None)
    assert (found[1].refusal, found[1].is_unclear) == ("Title is too long", False)
    assert found[2].is_unclear
    assert not found[3].is_unclear
    assert found[3].refusal == hidden


def test_writer_reports_a_rate_limit_inside_a_payload(answers: Answers, connection: Connection) -> None:
    said = "This endpoint has been requested too many times. Try again later."
    answers.post(URL, json={"data": {"write0": {"errors": [said], "workItem": None}}})
    with pytest.raises(RateLimited):
        write(connection)


def _expecting(answers: Answers, sent: dict[str, object], field: str) -> None:
    made = {"errors": [], field: {"id": "gid://gitlab/X/1"}}
    answers.post(
        URL,
        json={"data": {"write0": made}},
        match=[matchers.json_params_matcher({"variables": {"input0": sent}}, strict_match=False)],
    )


def test_writer_makes_an_epic_with_fixed_dates_in_one_mutation(
    answers: Answers, connection: Connection
) -> None:
    sent = {
        "namespacePath": "acme",
        "workItemTypeId": "type",
        "title": "Acme",
        "confidential": False,
        "descriptionWidget": {"description": "D"},
        "labelsWidget": {"labelIds": ["l"]},
        "startAndDueDateWidget": {"startDate": "2026-12-01", "dueDate": None, "isFixed": True},
    }
    _expecting(answers, sent, "workItem")
    epic = NewItem("acme", "type", "Acme", "D", ("l",), start_on=date(2026, 12, 1), is_epic=True)
    GitLabWriter(connection).create_items([epic])


def test_writer_sends_labels_as_a_delta_and_leaves_out_what_does_not_change(
    answers: Answers, connection: Connection
) -> None:
    sent: dict[str, object] = {
        "id": "i",
        "startAndDueDateWidget": {"startDate": None, "dueDate": "2026-12-01"},
        "labelsWidget": {"addLabelIds": ["a"], "removeLabelIds": ["r"]},
        "stateEvent": "CLOSE",
    }
    _expecting(answers, sent, "workItem")
    dates = Dates(None, date(2026, 12, 1))
    update = ItemUpdate("i", dates=dates, add_labels=("a",), remove_labels=("r",), is_open=False)
    GitLabWriter(connection).update_items([update])


def test_writer_makes_labels_of_the_group(answers: Answers, connection: Connection) -> None:
    sent: dict[str, object] = {"groupPath": "acme", "title": "a::b", "color": "#123456", "description": "d"}
    _expecting(answers, sent, "label")
    GitLabWriter(connection).create_labels("acme", [LabelSpec("a::b", "#123456", "d")])


@pytest.mark.parametrize("fault", [*TRANSIENT, *MISDIRECTED, *CLEAR])
def test_token_is_in_no_error_and_no_repr(connection: Connection, fault: Fault) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        fault(mock)
        mock.post(URL, status=403, json={"message": f"you sent {TOKEN}"})
        for send in (read, write):
            with pytest.raises(GitLabError) as caught:
                send(connection)
            assert TOKEN not in str(caught.value) + repr(caught.value)
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert TOKEN not in repr(connection) + repr(Server(BASE, TOKEN))


@pytest.mark.parametrize(
    "url", ["gitlab.example", "ftp://gitlab.example", "https://me:hunter2@gitlab.example"]
)
def test_connection_refuses_an_address_that_is_no_plain_url(url: str) -> None:
    with pytest.raises(PsbotError) as caught:
        Connection(Server(url, TOKEN), WaitBudget(1, lambda _: None))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Field 'x' doesn't exist"}, Refused),
        ({"message": "Timeout", "path": ["write1"]}, Unclear),
    ],
)
def test_write_without_data_is_clear_only_when_nothing_had_begun(
    answers: Answers, connection: Connection, error: dict[str, object], kind: type[Exception]
) -> None:
    answers.post(URL, json={"data": None, "errors": [error]})
    with pytest.raises(kind):
        write(connection)


@pytest.mark.parametrize(
    "token", [f"{TOKEN}\n", f"{TOKEN} x", f"{TOKEN}\u2019", f"\u00e9{TOKEN}", f"{TOKEN}\x00"]
)
def test_connection_refuses_a_token_that_no_header_can_carry_without_showing_it(token: str) -> None:
    with pytest.raises(PsbotError) as caught:
        Connection(Server(BASE, token), WaitBudget(1, lambda _: None))
    assert caught.value.exit_code is ExitCode.INPUT
    assert TOKEN not in str(caught.value) + repr(caught.value)


def test_read_waits_its_own_time_when_gitlab_says_nothing_usable(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "\u00b2"})
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [10.0]


@pytest.mark.parametrize("payload", [None, {"workItem": None}])
@pytest.mark.parametrize(
    "said",
    [
        "Request denied. Spam detected",
        "Request denied. Solve CAPTCHA challenge and retry",
        "You cannot perform write operations on a read-only instance",
    ],
)
def test_writer_takes_an_item_for_refused_when_gitlab_says_that_it_wrote_nothing(
    answers: Answers, connection: Connection, said: str, payload: object
) -> None:
    error = {"message": said, "path": ["write0"]}
    answers.post(URL, json={"data": {"write0": payload}, "errors": [error]})
    (found,) = GitLabWriter(connection).update_items([ItemUpdate("gid://gitlab/WorkItem/1", title="T")])
    assert (found.refusal, found.is_unclear) == (said, False)
