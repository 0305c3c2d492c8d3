"""Accounts, access and members, read from answers of GitLab."""

import pytest

from psbot.errors import GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Membership
from tests.gitlab.answers import URL, Answers, page


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
