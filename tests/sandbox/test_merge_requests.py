"""Merge requests and pipelines, as far as psbot needs them in a pipeline."""

import pytest
import yaml

from psbot.sandbox.rest_api.table import ROUTES
from psbot.sandbox.rules import merge_requests
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.accounts import AccessLevel, UserKind
from psbot.sandbox.state.project import CiVariable, MergeRequest, PipelineSchedule
from psbot.sandbox.state.seed import PROJECT, add_user_with_token
from tests.sandbox.client import Client
from tests.sandbox.test_rest import shape
from tests.support.paths import ROOT

CONTRACT = ROOT.parent / "shared" / "gitlab-api" / "openapi_client-go.yaml"
WHERE = f"/projects/{PROJECT.replace('/', '%2F')}"


@pytest.fixture
def merge_request(sandbox: Sandbox) -> MergeRequest:
    world = sandbox.world
    return merge_requests.create_merge_request(
        world, world.namespaces[PROJECT], world.users["paul"], commits=["c0ffee"]
    )


def test_every_merge_request_and_pipeline_path_exists_in_python_gitlab() -> None:
    if not CONTRACT.exists():
        pytest.skip("the contract derived from GitLab's Go client is not at hand")
    paths = yaml.load(CONTRACT.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"]
    known = {
        shape(method.upper(), path.removeprefix("/api/v4/"))
        for path, each in paths.items()
        for method in each
    }
    served = {
        shape(method, path)
        for method, path, _ in ROUTES
        if path.startswith(
            (
                "projects/:id/merge_requests",
                "projects/:id/repository",
                "projects/:id/pipeline",
                "projects/:id/variables",
                "groups/:id/variables",
            )
        )
    }
    assert len(served) == 12
    assert served - known == set()


def test_note_is_created_listed_newest_first_and_edited(bot: Client, merge_request: MergeRequest) -> None:
    notes = f"{WHERE}/merge_requests/1/notes"
    first, second = (bot.rest("POST", notes, json={"body": text}).json() for text in ("first", "second"))
    assert [each["body"] for each in bot.get(notes)] == ["second", "first"]
    edited = bot.rest("PUT", f"{notes}/{first['id']}", json={"body": "again"}).json()
    assert (edited["body"], edited["id"]) == ("again", first["id"])
    assert bot.get(f"{notes}/{second['id']}")["author"]["username"] == "psbot-bot"
    assert bot.get(notes, params={"per_page": 1, "page": 2, "sort": "asc"})[0]["body"] == "second"


def test_quick_actions_of_a_note_run_and_are_removed(bot: Client, merge_request: MergeRequest) -> None:
    made = bot.rest("POST", f"{WHERE}/merge_requests/1/notes", json={"body": "words\n/close\nmore"})
    assert (made.status_code, made.json()["body"]) == (201, "words\nmore")
    alone = bot.rest("POST", f"{WHERE}/merge_requests/1/notes", json={"body": "/close"})
    assert (alone.status_code, merge_request.actions) == (202, ["close", "close"])


def test_only_maintainers_edit_notes_of_others(bot: Client, merge_request: MergeRequest) -> None:
    notes = f"{WHERE}/merge_requests/1/notes"
    made = bot.rest("POST", notes, json={"body": "mine"}).json()
    for username, status in (("paul", 403), ("maria", 200)):
        answer = bot.as_user(username).rest("PUT", f"{notes}/{made['id']}", json={"body": "theirs"})
        assert answer.status_code == status, username


def test_merge_request_is_found_by_commit(bot: Client, sandbox: Sandbox, merge_request: MergeRequest) -> None:
    merge_requests.merge_merge_request(sandbox.world, merge_request, "beef")
    for sha in ("c0ffee", "beef"):
        (found,) = bot.get(f"{WHERE}/repository/commits/{sha}/merge_requests")
        assert (found["iid"], found["state"], found["target_branch"]) == (1, "merged", "main")
    assert bot.get(f"{WHERE}/repository/commits/dead/merge_requests") == []


def test_non_member_sees_no_merge_request(bot: Client, sandbox: Sandbox, merge_request: MergeRequest) -> None:
    add_user_with_token(sandbox.world, "zoe", "Zoe Zander")
    assert bot.as_user("zoe").rest("GET", f"{WHERE}/merge_requests/1/notes").status_code == 404


def test_variables_need_a_maintainer_and_schedules_a_reporter(bot: Client, sandbox: Sandbox) -> None:
    world = sandbox.world
    number = world.namespaces[PROJECT].namespace_id
    world.variables_of[number].append(CiVariable("PSBOT_TOKEN", is_protected=True, is_masked=True))
    world.schedules_of[number].append(
        PipelineSchedule(
            7, "hourly", "7 * * * *", world.users["maria"], variables=(("PSBOT_RUN", "advance"),)
        )
    )
    world.add_member(world.namespaces[PROJECT], world.users["ada"], AccessLevel.PLANNER)
    statuses = {
        name: [
            bot.as_user(name).rest("GET", f"{WHERE}/{what}").status_code
            for what in ("variables", "pipeline_schedules")
        ]
        for name in ("maria", "pia", "ada")
    }
    assert statuses == {"maria": [200, 200], "pia": [403, 200], "ada": [403, 403]}
    (variable,) = bot.as_user("maria").get(f"{WHERE}/variables")
    assert (variable["key"], variable["protected"], variable["masked"]) == ("PSBOT_TOKEN", True, True)
    seen = bot.as_user("maria").get(f"{WHERE}/pipeline_schedules/7")
    assert (seen["owner"]["username"], seen["variables"][0]["value"]) == ("maria", "advance")
    assert "variables" not in bot.as_user("paul").get(f"{WHERE}/pipeline_schedules/7")


def test_project_token_has_its_own_account(
    bot: Client, sandbox: Sandbox, merge_request: MergeRequest
) -> None:
    world = sandbox.world
    writer = add_user_with_token(world, "notes-bot", "notes", UserKind.PROJECT_BOT)
    world.add_member(world.namespaces[PROJECT], writer, AccessLevel.REPORTER)
    made = bot.as_user("notes-bot").rest("POST", f"{WHERE}/merge_requests/1/notes", json={"body": "plan"})
    assert made.json()["author"]["username"] == "notes-bot"
