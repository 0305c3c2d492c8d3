"""Accounts, access and members, read from answers of GitLab."""

import pytest

from psbot.errors import GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Access, Membership
from tests.gitlab.answers import URL, Answers, page


def place(level: int = 40, **more: object) -> dict[str, object]:
    names = {1: "Issue", 2: "Incident", 8: "Epic"}
    types = [{"id": f"gid://gitlab/WorkItems::Type/{number}", "name": name} for number, name in names.items()]
    return {
        "id": "1",
        "fullPath": "x",
        "archived": False,
        "issuesEnabled": True,
        "availableFeatures": {"hasEpicsFeature": True},
        "maxAccessLevel": {"integerValue": level},
        "workItemTypes": {"nodes": types},
    } | more


def access(connection: Connection, answers: Answers, group: object, project: object) -> Access:
    bot = {"id": "gid://gitlab/User/1", "username": "bot", "bot": True, "type": "PROJECT_BOT"}
    data = {"currentUser": bot, "group": group, "project0": project, "labelGroup": None}
    answers.post(URL, json={"data": data})
    return GitLabReader(connection).fetch_access("acme/delivery", ["a"], "acme")


def test_reader_returns_what_the_token_can_see(answers: Answers, connection: Connection) -> None:
    label = {"id": "gid://gitlab/GroupLabel/7", "title": "ps-state::todo"}
    more = {"id": "gid://gitlab/GroupLabel/8", "title": "ps-state::done"}
    data = {
        "currentUser": {"id": "gid://gitlab/User/1", "username": "bot", "bot": True, "type": "PROJECT_BOT"},
        "group": place(availableFeatures={"hasEpicsFeature": False}, epics={"count": 3}),
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


def test_reader_finds_no_epics_where_gitlab_lists_none(answers: Answers, connection: Connection) -> None:
    found = access(connection, answers, place(epics=None), place())
    assert found.group
    assert found.group.item_type_gid is None


def test_reader_finds_no_issues_where_they_are_switched_off(answers: Answers, connection: Connection) -> None:
    found = access(connection, answers, place(epics={"count": 0}), place(issuesEnabled=False)).projects["a"]
    assert found
    assert found.item_type_gid is None


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({7: "Issue", 1: "Story"}, "gid://gitlab/WorkItems::Type/1"),
        ({11: "Incident", 12: "Issue"}, "gid://gitlab/WorkItems::Type/12"),
        ({2: "Incident"}, None),
    ],
    ids=["renamed", "other numbers", "no such type"],
)
def test_reader_chooses_the_type_of_issues_from_all_types(
    answers: Answers, connection: Connection, types: dict[int, str], expected: str | None
) -> None:
    nodes = [{"id": f"gid://gitlab/WorkItems::Type/{number}", "name": name} for number, name in types.items()]
    project = place(workItemTypes={"nodes": nodes})
    found = access(connection, answers, place(epics={"count": 0}), project).projects["a"]
    assert found
    assert found.item_type_gid == expected


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
