"""Who sees what: the customer is a member of the shared project only."""

from typing import Any

import pytest

from psbot.sandbox.state.accounts import AccessLevel, Edition
from psbot.sandbox.state.seed import ADMIN_TOKEN, GROUP, INTERNAL_PROJECT, PROJECT
from tests.sandbox.client import CREATE, EPIC, INCIDENT, UPDATE, Client

LISTING = """query($path: ID!) { group(fullPath: $path) { workItems(includeDescendants: true) { nodes { title } } } }"""


def titles(client: Client, path: str = "acme") -> list[str]:
    return sorted(node["title"] for node in client.execute(LISTING, path=path)["group"]["workItems"]["nodes"])


def test_customer_sees_the_epic_and_the_shared_project_but_nothing_internal(bot: Client) -> None:
    epic = bot.epic("epic")
    bot.create("shared", hierarchyWidget={"parentId": epic["id"]})
    bot.internal("internal", hierarchyWidget={"parentId": epic["id"]})
    assert titles(bot) == ["epic", "internal", "shared"]
    assert titles(bot.as_user("ada")) == ["epic", "shared"]
    assert len(bot.as_user("ada").item(epic).widget("HIERARCHY")["children"]["nodes"]) == 1


def test_note_is_hidden_when_it_names_an_item_that_the_user_may_not_see(bot: Client) -> None:
    epic = bot.epic("epic")
    shared = bot.create("shared", hierarchyWidget={"parentId": epic["id"]})
    bot.internal("internal", hierarchyWidget={"parentId": epic["id"]})
    link = {"target_project_id": "acme/delivery/internal", "target_issue_iid": 1}
    bot.rest("POST", "/projects/acme%2Fdelivery%2Fproject/issues/1/links", json=link)
    assert bot.item(epic).system_notes == [
        "added acme/delivery/project#1 as child issue",
        "added acme/delivery/internal#1 as child issue",
    ]
    assert "marked this issue as related to internal#1" in bot.item(shared).system_notes
    customer = bot.as_user("ada")
    assert customer.item(epic).system_notes == ["added acme/delivery/project#1 as child issue"]
    assert customer.item(shared).system_notes == ["added acme/delivery&1 as parent epic"]


def test_hidden_project_is_null(bot: Client) -> None:
    query = "query($path: ID!) { project(fullPath: $path) { id } namespace(fullPath: $path) { id } }"
    assert bot.as_user("ada").execute(query, path=INTERNAL_PROJECT) == {"project": None, "namespace": None}
    assert bot.as_user("ada").rest("GET", "/projects/acme%2Fdelivery%2Finternal").status_code == 404


def test_everything_is_hidden_without_a_token(bot: Client) -> None:
    anonymous = Client(bot.sandbox, token="")
    assert anonymous.execute(LISTING, path="acme") == {"group": None}


@pytest.mark.parametrize(("username", "sees"), [("maria", True), ("pia", True), ("ada", False)])
def test_confidential_item_is_visible_to_planners(bot: Client, username: str, sees: bool) -> None:
    _make_ada_a_guest(bot)
    bot.create("confidential", confidential=True)
    assert ("confidential" in titles(bot.as_user(username))) is sees


def _make_ada_a_guest(bot: Client) -> None:
    world = bot.sandbox.world
    world.add_member(world.namespaces[PROJECT], world.users["ada"], AccessLevel.GUEST)


def test_confidential_item_is_visible_to_its_author_as_a_guest(bot: Client) -> None:
    _make_ada_a_guest(bot)
    bot.as_user("ada").create("mine", confidential=True)
    assert titles(bot.as_user("ada")) == ["mine"]


def test_internal_note_is_hidden_from_guests_and_one_that_a_guest_writes_is_public(bot: Client) -> None:
    _make_ada_a_guest(bot)
    item = bot.create("x")
    bot.note(item, "between us", internal=True)
    assert [note["body"] for note in bot.item(item).notes] == ["between us"]
    guest = bot.as_user("ada")
    assert guest.item(item).notes == []
    assert guest.note(item, "x", internal=True)["note"]["internal"] is False
    assert [note["body"] for note in guest.item(item).notes] == ["x"]


def test_guest_sets_fields_on_creation_but_not_later(bot: Client) -> None:
    _make_ada_a_guest(bot)
    label, other = bot.label("bug"), bot.label("other")
    guest = bot.as_user("ada")
    item = guest.create("x", labelsWidget={"labelIds": [label]})
    guest.update(item, title="y", labelsWidget={"addLabelIds": [other]})
    seen = bot.item(item)
    assert (seen["title"], seen.labels) == ("y", ["bug"])


def test_guest_cannot_change_items_of_others(bot: Client) -> None:
    _make_ada_a_guest(bot)
    item = bot.create("x")
    answer = bot.as_user("ada").execute_raw(UPDATE, input={"id": item["id"], "title": "y"})
    assert answer["data"] == {"workItemUpdate": None}
    assert bot.item(item)["title"] == "x"


def test_customer_cannot_create_epics(bot: Client) -> None:
    data = {"namespacePath": GROUP, "workItemTypeId": "gid://gitlab/WorkItems::Type/8", "title": "x"}
    assert bot.as_user("ada").execute_raw(CREATE, input=data)["errors"]


def test_access_level_is_the_highest_of_direct_and_inherited(bot: Client) -> None:
    query = """{ group(fullPath: "acme/delivery") { maxAccessLevel { integerValue stringValue } }
      project(fullPath: "acme/delivery/project") { maxAccessLevel { integerValue } } }"""
    assert bot.as_user("maria").execute(query) == {
        "group": {"maxAccessLevel": {"integerValue": 40, "stringValue": "MAINTAINER"}},
        "project": {"maxAccessLevel": {"integerValue": 40}},
    }
    customer = bot.as_user("ada").execute(query)
    assert customer["group"]["maxAccessLevel"]["integerValue"] == 0
    assert customer["project"]["maxAccessLevel"]["integerValue"] == 20


def test_members_are_listed_direct_and_inherited(bot: Client) -> None:
    query = """query($search: String) { project(fullPath: "acme/delivery/project") {
      projectMembers(search: $search) { nodes { user { username } accessLevel { integerValue } } } } }"""
    everyone = bot.execute(query)["project"]["projectMembers"]["nodes"]
    assert {node["user"]["username"] for node in everyone} == {
        "maria",
        "paul",
        "petra",
        "pia",
        "dora",
        "ada",
        "psbot-bot",
    }
    assert len(bot.execute(query, search="lovelace")["project"]["projectMembers"]["nodes"]) == 1


def test_mention_notifies_people_who_can_see_the_item(bot: Client) -> None:
    world = bot.sandbox.world
    bot.note(bot.internal("x"), "@maria @ada @nobody and `@paul` <!-- @petra -->")
    assert [(one.username, one.reason) for one in world.notifications] == [("maria", "mentioned")]


@pytest.mark.parametrize("name", ["@all", "@acme/delivery"])
def test_mention_of_all_or_of_a_group_notifies_its_members(bot: Client, name: str) -> None:
    bot.note(bot.epic("x"), f"{name} hello")
    told = {one.username for one in bot.sandbox.world.notifications}
    assert told == {"maria", "paul", "petra", "pia", "dora"}


def test_escaped_mention_notifies_nobody(bot: Client) -> None:
    bot.note(bot.epic("x"), "@\u2060maria \\@maria maria@example.com")
    assert bot.sandbox.world.notifications == []


def test_archived_project_is_read_only_until_it_is_unarchived(bot: Client) -> None:
    path = "/projects/acme%2Fdelivery%2Fproject"
    item = bot.create("x")
    root = Client(bot.sandbox, token=ADMIN_TOKEN)
    assert bot.rest("POST", f"{path}/archive").status_code == 403
    assert root.rest("POST", f"{path}/archive").json()["archived"] is True
    for method, below in (("PUT", f"/issues/{item['iid']}"), ("POST", "/issues"), ("POST", "/labels")):
        body = {"title": "y", "name": "y", "color": "#112233"}
        assert root.rest(method, path + below, json=body).status_code == 403
    assert bot.get(f"{path}/issues/{item['iid']}")["title"] == "x"
    assert root.rest("POST", f"{path}/unarchive").json()["archived"] is False
    assert bot.rest("PUT", f"{path}/issues/{item['iid']}", json={"title": "y"}).status_code == 200


TYPES = """query { group(fullPath: "acme/delivery") {
  availableFeatures { hasEpicsFeature } workItemTypes { nodes { name } } workItems { count }
} project(fullPath: "acme/delivery/project") {
  issuesEnabled workItemTypes { nodes { name } } workItems { count }
} }"""


def test_types_are_listed_without_a_licence_but_epics_are_neither_shown_nor_created(bot: Client) -> None:
    bot.epic("epic")
    bot.sandbox.world.edition = Edition.FREE
    group = bot.execute(TYPES)["group"]
    assert group == {
        "availableFeatures": {"hasEpicsFeature": False},
        "workItemTypes": {"nodes": [{"name": "Epic"}]},
        "workItems": {"count": 0},
    }
    given = {"namespacePath": GROUP, "workItemTypeId": EPIC, "title": "another"}
    (error,) = bot.execute_raw(CREATE, input=given)["errors"]
    assert "does not exist or you don't have permission" in error["message"]


def test_types_are_listed_where_issues_are_switched_off_but_items_are_not(bot: Client) -> None:
    bot.create("issue")
    bot.sandbox.world.namespaces[PROJECT].has_issues = False
    bot.sandbox.world.record_write()
    project = bot.execute(TYPES)["project"]
    assert {"name": "Issue"} in project["workItemTypes"]["nodes"]
    assert (project["issuesEnabled"], project["workItems"]["count"]) == (False, 0)


def test_items_of_a_banned_account_are_hidden_from_all_but_administrators(bot: Client) -> None:
    bot.as_user("maria").create("of maria")
    bot.create("of the bot")
    bot.sandbox.world.users["maria"].state = "banned"
    bot.sandbox.world.record_write()
    assert titles(bot) == ["of the bot"]
    assert titles(Client(bot.sandbox, token=ADMIN_TOKEN)) == ["of maria", "of the bot"]


def test_account_that_has_not_accepted_the_terms_may_not_use_the_api(bot: Client) -> None:
    bot.sandbox.world.users["psbot-bot"].has_accepted_terms = False
    answer = bot.post({"query": "{ currentUser { id } }"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"errors": [{"message": "API not accessible for user"}]},
    )


DISCUSSIONS = """query($id: WorkItemID!, $after: String) { workItem(id: $id) { widgets(onlyTypes: [NOTES]) {
  ... on WorkItemWidgetNotes { discussions(first: 1, after: $after) {
    nodes { notes { nodes { body } } } pageInfo { hasNextPage endCursor }
  } }
} } }"""


def test_page_of_discussions_is_empty_when_its_notes_may_not_be_read(bot: Client) -> None:
    epic = bot.epic("epic")
    bot.internal("internal", hierarchyWidget={"parentId": epic["id"]})
    bot.create("shared", hierarchyWidget={"parentId": epic["id"]})
    customer = bot.as_user("ada")

    def page(after: str | None) -> dict[str, Any]:
        (widget,) = customer.execute(DISCUSSIONS, id=epic["id"], after=after)["workItem"]["widgets"]
        found: dict[str, Any] = widget["discussions"]
        return found

    first = page(None)
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == ([], True)
    assert "added acme/delivery/project#1" in str(page(first["pageInfo"]["endCursor"])["nodes"])


def test_guest_edits_and_closes_what_is_assigned_to_him_but_no_incident(bot: Client) -> None:
    _make_ada_a_guest(bot)
    ada = bot.sandbox.world.users["ada"]
    task, incident = bot.create("task"), bot.create("incident", kind=INCIDENT)
    for item in (task, incident):
        bot.sandbox.world.items[int(item["id"].rpartition("/")[2])].assignees.append(ada)
    bot.sandbox.world.record_write()
    guest = bot.as_user("ada")
    changed = guest.execute(UPDATE, input={"id": task["id"], "title": "mine", "stateEvent": "CLOSE"})
    assert changed["workItemUpdate"]["workItem"]["state"] == "CLOSED"
    assert "errors" in guest.execute_raw(UPDATE, input={"id": incident["id"], "title": "mine"})


def test_internal_note_is_hidden_from_its_author_below_planner(bot: Client) -> None:
    item = bot.create("item")
    bot.as_user("ada").note(item, "for colleagues", internal=True)
    assert "for colleagues" in str(bot.as_user("ada").item(item))
    _make_ada_a_guest(bot)
    assert "for colleagues" not in str(bot.as_user("ada").item(item))
