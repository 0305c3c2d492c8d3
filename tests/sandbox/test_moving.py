"""Moved and cloned items, archived projects."""

from typing import Any

from psbot.sandbox.state.seed import INTERNAL_PROJECT, PROJECT
from tests.sandbox.client import Client


def rest_path(item: dict[str, Any], project: str = PROJECT) -> str:
    return f"/projects/{project.replace('/', '%2F')}/issues/{item['iid']}"


def project_id(client: Client, project: str) -> int:
    number: int = client.get(f"/projects/{project.replace('/', '%2F')}")["id"]
    return number


def test_clone_belongs_to_its_creator_and_has_the_same_parent(bot: Client) -> None:
    epic = bot.epic("epic")
    item = bot.create(
        "x", hierarchyWidget={"parentId": epic["id"]}, descriptionWidget={"description": "words"}
    )
    paul = bot.as_user("paul")
    cloned = paul.rest(
        "POST", f"{rest_path(item)}/clone", json={"to_project_id": project_id(paul, PROJECT)}
    ).json()
    assert (cloned["author"]["username"], cloned["description"], cloned["state"]) == (
        "paul",
        "words",
        "opened",
    )
    assert cloned["epic"]["title"] == "epic"


def test_clone_has_no_parent_when_its_creator_may_not_change_the_epic(bot: Client) -> None:
    epic = bot.epic("epic")
    item = bot.create("x", hierarchyWidget={"parentId": epic["id"]})
    ada = bot.as_user("ada")
    cloned = ada.rest(
        "POST", f"{rest_path(item)}/clone", json={"to_project_id": project_id(ada, PROJECT)}
    ).json()
    assert (cloned["author"]["username"], cloned["epic"]) == ("ada", None)


def test_moved_item_keeps_author_and_parent_and_the_original_is_closed(bot: Client) -> None:
    epic = bot.epic("epic")
    item = bot.create("x", hierarchyWidget={"parentId": epic["id"]})
    paul = bot.as_user("paul")
    target = project_id(paul, INTERNAL_PROJECT)
    moved = paul.rest("POST", f"{rest_path(item)}/move", json={"to_project_id": target}).json()
    assert (moved["author"]["username"], moved["epic"]["title"]) == ("psbot-bot", "epic")
    left = bot.item(item)
    assert (left["state"], left.widget("HIERARCHY")["parent"]) == ("CLOSED", None)
    assert left["movedToWorkItemUrl"] == moved["web_url"]


def test_archived_project_is_read_only_until_it_is_unarchived(bot: Client) -> None:
    item = bot.create("x")
    where, dora = f"/projects/{PROJECT.replace('/', '%2F')}", bot.as_user("dora")
    assert bot.as_user("maria").rest("POST", f"{where}/archive").status_code == 403
    assert dora.rest("POST", f"{where}/archive").json()["archived"]
    for method, path, data in (
        ("PUT", rest_path(item), {"title": "y"}),
        ("POST", f"{where}/issues", {"title": "new"}),
        ("POST", f"{rest_path(item)}/notes", {"body": "hello"}),
        ("DELETE", rest_path(item), {}),
    ):
        assert dora.rest(method, path, json=data).status_code == 403
    assert bot.item(item)["title"] == "x"
    assert not dora.rest("POST", f"{where}/unarchive").json()["archived"]
    bot.update(item, title="y")
