"""REST beyond labels and items: invited groups, accounts, sudo, milestones, events and reactions."""

import re
from typing import Any

import pytest
import yaml

from psbot.sandbox.rest_api.table import ROUTES
from psbot.sandbox.state.accounts import AccessLevel
from psbot.sandbox.state.seed import ADMIN_TOKEN, GROUP, INTERNAL_PROJECT, PROJECT
from tests.sandbox.client import Client
from tests.support.paths import ROOT

CONTRACT = ROOT.parent / "shared" / "gitlab-api" / "openapi_planning.yaml"
ISSUES = f"/projects/{PROJECT.replace('/', '%2F')}/issues"
# Not served: time tracking by REST (quick actions have it), the order of an epic's issues, and the work items REST
# API, which GitLab hides behind a feature flag.
NOT_SERVED = re.compile(r"time|/-/work_items|^PUT .*/epics/:x/issues/:x")


@pytest.fixture
def root(bot: Client) -> Client:
    return Client(bot.sandbox, token=ADMIN_TOKEN)


def shape(method: str, path: str) -> str:
    return f"{method} {re.sub(r':[a-z_]+|{[a-z_]+}', ':x', path)}"


def test_every_operation_of_the_request_contract_is_served_except_those_listed_here() -> None:
    if not CONTRACT.exists():
        pytest.skip("the contract of GitLab's planning endpoints is not at hand")
    paths = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["paths"]
    known = {
        shape(method.upper(), path.removeprefix("/api/v4/"))
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/v4/") and method in ("get", "post", "put", "patch", "delete")
    }
    served = {shape(method, path) for method, path, _ in ROUTES}
    assert {one for one in known - served if not NOT_SERVED.search(one)} == set()


def invite(root: Client, place: str, role: AccessLevel) -> None:
    """Invite the group ``partners``, whose only member is zoe, as a Maintainer."""
    world = root.sandbox.world
    partners = world.ensure_namespace("partners", is_group=True)
    zoe = world.add_user("zoe", "Zoe Zander")
    world.add_token("sandbox-token-zoe", zoe)
    world.add_member(partners, zoe, AccessLevel.MAINTAINER)
    kind = "groups" if place == GROUP else "projects"
    path = f"/{kind}/{place.replace('/', '%2F')}/share"
    answer = root.rest("POST", path, json={"group_id": partners.id, "group_access": int(role)})
    assert answer.status_code == 201
    assert answer.json()["shared_with_groups"][0]["group_full_path"] == "partners"
    assert root.rest("POST", path, json={"group_id": partners.id, "group_access": 20}).status_code == 409


@pytest.mark.parametrize(
    ("place", "sees"), [(GROUP, [20, 20, 20]), (PROJECT, [0, 20, None]), (INTERNAL_PROJECT, [0, None, 20])]
)
def test_members_of_an_invited_group_get_the_lower_of_both_access_levels(
    root: Client, place: str, sees: list[int | None]
) -> None:
    invite(root, place, AccessLevel.REPORTER)
    query = """{ g: group(fullPath: "acme/delivery") { maxAccessLevel { integerValue } }
      p: project(fullPath: "acme/delivery/project") { maxAccessLevel { integerValue } }
      i: project(fullPath: "acme/delivery/internal") { maxAccessLevel { integerValue } } }"""
    seen = Client(root.sandbox, "zoe").execute(query)
    assert [one and one["maxAccessLevel"]["integerValue"] for one in seen.values()] == sees


@pytest.mark.parametrize(
    ("place", "relation"),
    [(GROUP, "SHARED_INTO_ANCESTORS"), (PROJECT, "INVITED_GROUPS"), (PROJECT, "DIRECT")],
)
def test_members_of_an_invited_group_are_listed_by_their_relation(
    root: Client, bot: Client, place: str, relation: str
) -> None:
    invite(root, place, AccessLevel.REPORTER)
    query = """query($relation: ProjectMemberRelation!) { project(fullPath: "acme/delivery/project") {
      projectMembers(search: "zoe", relations: [$relation]) { nodes { accessLevel { integerValue } } } } }"""
    nodes = bot.execute(query, relation=relation)["project"]["projectMembers"]["nodes"]
    assert nodes == ([] if relation == "DIRECT" else [{"accessLevel": {"integerValue": 20}}])


def test_invited_group_loses_access_when_sharing_stops(root: Client) -> None:
    invite(root, PROJECT, AccessLevel.REPORTER)
    zoe, path = Client(root.sandbox, "zoe"), f"/projects/{PROJECT.replace('/', '%2F')}"
    assert zoe.rest("GET", path).status_code == 200
    number = root.sandbox.world.namespaces["partners"].id
    assert root.rest("DELETE", f"{path}/share/{number}").status_code == 204
    assert zoe.rest("GET", path).status_code == 404


def test_contributions_of_a_deleted_account_go_to_the_ghost_user(bot: Client, root: Client) -> None:
    item = bot.as_user("paul").create("x")
    bot.as_user("paul").note(item, "hello")
    number = root.get("/users", params={"username": "paul"})[0]["id"]
    assert bot.rest("DELETE", f"/users/{number}").status_code == 403
    assert root.rest("DELETE", f"/users/{number}").status_code == 204
    seen = bot.execute(
        "query($id: WorkItemID!) { workItem(id: $id) { author { username type } } }", id=item["id"]
    )
    assert seen["workItem"]["author"] == {"username": "ghost", "type": "GHOST"}
    assert [note["author"]["username"] for note in bot.item(item).notes] == ["ghost"]
    assert bot.as_user("paul").rest("GET", "/user").status_code == 401


def test_contributions_of_a_deleted_account_are_deleted_on_request(bot: Client, root: Client) -> None:
    mine, theirs = bot.create("x"), bot.as_user("paul").create("y")
    bot.as_user("paul").note(mine, "hello")
    number = root.get("/users", params={"username": "paul"})[0]["id"]
    assert root.rest("DELETE", f"/users/{number}", params={"hard_delete": "true"}).status_code == 204
    assert [one["title"] for one in bot.get(ISSUES)] == ["x"]
    assert bot.item(mine).notes == []
    assert bot.rest("GET", f"{ISSUES}/{theirs['iid']}").status_code == 404


def test_only_administrators_act_as_another_user(bot: Client, root: Client) -> None:
    assert root.get("/user", params={"sudo": "maria"})["username"] == "maria"
    assert root.get("/user", headers={"Sudo": "maria"})["username"] == "maria"
    assert bot.rest("GET", "/user", params={"sudo": "maria"}).status_code == 403
    assert root.rest("GET", "/user", params={"sudo": "nobody"}).status_code == 404


def test_only_owners_of_a_top_level_group_create_service_accounts(bot: Client, root: Client) -> None:
    body = {"username": "reporter-bot", "name": "Reporter"}
    assert bot.rest("POST", "/groups/acme/service_accounts", json=body).status_code == 403
    assert root.rest("POST", "/groups/acme%2Fdelivery/service_accounts", json=body).status_code == 403
    assert root.rest("POST", "/groups/acme/service_accounts", json=body).json()["username"] == "reporter-bot"
    assert root.rest("POST", "/groups/acme/service_accounts", json=body).status_code == 409
    assert root.sandbox.world.users["reporter-bot"].is_bot


def test_milestone_and_weight_changes_add_events(bot: Client) -> None:
    item = bot.create("x")
    made = bot.rest(
        "POST", "/groups/acme%2Fdelivery/milestones", json={"title": "M", "due_date": "2027-01-29"}
    ).json()
    path = f"{ISSUES}/{item['iid']}"
    for milestone, weight in ((made["id"], 3), (0, None)):
        assert bot.rest("PUT", path, json={"milestone_id": milestone, "weight": weight}).status_code == 200
    events: list[dict[str, Any]] = bot.get(f"{path}/resource_milestone_events")
    assert [(one["action"], one["milestone"]["title"]) for one in events] == [("add", "M"), ("remove", "M")]
    assert [one["weight"] for one in bot.get(f"{path}/resource_weight_events")] == [3, None]
    assert bot.get(f"{path}/resource_milestone_events/{events[1]['id']}") == events[1]
    assert bot.rest("GET", f"{path}/resource_milestone_events/99").status_code == 404


def test_reaction_is_added_once_and_removed(bot: Client) -> None:
    item = bot.create("x")
    note = bot.rest("POST", f"{ISSUES}/{item['iid']}/notes", json={"body": "hello"}).json()
    path = f"{ISSUES}/{item['iid']}/notes/{note['id']}/award_emoji"
    made = bot.rest("POST", path, json={"name": "tractor"})
    assert (made.status_code, bot.get(path)) == (201, [made.json()])
    assert bot.rest("POST", path, json={"name": "tractor"}).status_code == 404
    assert bot.rest("DELETE", f"{path}/{made.json()['id']}").status_code == 204
    assert bot.get(path) == []


def test_file_upload_is_refused(root: Client) -> None:
    answer = root.rest("PUT", "/groups/acme", files={"avatar": ("a.png", b"x")})
    assert (answer.status_code, "files" in answer.text) == (400, True)
