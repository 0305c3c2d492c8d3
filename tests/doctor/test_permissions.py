"""The scope and the role that doctor names for each command: with them it works, with less GitLab is not asked for more."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from docs.generate import FOLDER
from psbot.cli import main
from psbot.doctor.permissions import (
    READ_SCOPE,
    REQUIREMENTS,
    WRITE_SCOPE,
    commands_with_scope,
    requirement_rows,
)
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import AccessLevel, UserKind
from psbot.sandbox.state.seed import READ_ONLY_TOKEN, add_user_with_token, sandbox_world, token_of
from tests.support.paths import ROOT

AWS = str(ROOT / "examples" / "acme-aws.yml")
LOWEST = "lowest-bot"  # an account with the role under test
NEEDING_PLANNER = [command for command, need in REQUIREMENTS.items() if need.role.startswith("Planner")]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    world = sandbox_world()
    bot = add_user_with_token(world, LOWEST, "Lowest", UserKind.SERVICE_ACCOUNT)
    world.add_token("lowest-reads", bot, ["read_api"])
    with running_sandbox(world) as started:
        yield started


def psbot(sandbox: Sandbox, token: str, *arguments: str) -> Result:
    env = {
        "PSBOT_GITLAB_URL": sandbox.url,
        "PSBOT_TOKEN": token,
        "PSBOT_NOW": "2026-11-23T09:00+01:00",
        "PSBOT_PROFILE": "",
        "COLUMNS": "100",
    }
    return CliRunner().invoke(main, list(arguments), env=env)


def of_engagement(command: str) -> tuple[str, ...]:
    """The command about the AWS example; explain wants to know of which item, others what happened."""
    more = {
        "change-request": (["new"], ["--summary", "A second site"]),
        "explain": (["acme-sow-142"], []),
        "sign-off": ([], ["--sent", "2026-11-23"]),
    }
    before, after = more.get(command, ([], []))
    return (command, *before, AWS, *after)


def let_in(sandbox: Sandbox, path: str, role: AccessLevel) -> None:
    world = sandbox.world
    world.add_member(world.namespaces[path], world.users[LOWEST], role)


def writes(sandbox: Sandbox) -> int:
    return sum(each.is_write for each in sandbox.gate.log.entries)


@pytest.mark.parametrize("command", commands_with_scope(READ_SCOPE))
@pytest.mark.parametrize("is_there", [False, True], ids=["empty", "applied"])
def test_command_that_only_reads_works_with_a_token_that_can_only_read(
    sandbox: Sandbox, command: str, is_there: bool
) -> None:
    if is_there:
        assert psbot(sandbox, token_of("psbot-bot"), "apply", AWS).exit_code == 0
    before = writes(sandbox)
    ended = psbot(sandbox, READ_ONLY_TOKEN, *of_engagement(command))
    assert (ended.exit_code, ended.stderr, writes(sandbox)) == (0, "", before)


@pytest.mark.parametrize("command", commands_with_scope(WRITE_SCOPE))
def test_command_that_writes_says_so_when_the_token_can_only_read(sandbox: Sandbox, command: str) -> None:
    assert psbot(sandbox, token_of("psbot-bot"), "apply", AWS).exit_code == 0
    made = len(sandbox.world.items)
    later = ("--now", "2026-12-01T09:00+01:00")  # calls and standups have become due
    ended = psbot(sandbox, READ_ONLY_TOKEN, *later, *of_engagement(command))
    assert (ended.exit_code, len(sandbox.world.items)) == (3, made)
    assert f"create a token with the `{WRITE_SCOPE}` scope" in ended.stderr


def test_advance_shows_what_it_would_do_with_a_token_that_can_only_read(sandbox: Sandbox) -> None:
    assert psbot(sandbox, token_of("psbot-bot"), "apply", AWS).exit_code == 0
    before = writes(sandbox)
    later = ("--now", "2026-12-01T09:00+01:00")
    ended = psbot(sandbox, READ_ONLY_TOKEN, *later, "advance", AWS, "--preview")
    assert (ended.exit_code, "Call 2026-12-08" in ended.stdout, writes(sandbox)) == (0, True, before)


@pytest.mark.parametrize("command", NEEDING_PLANNER)
def test_role_planner_is_enough_and_a_lower_one_is_refused(sandbox: Sandbox, command: str) -> None:
    token = token_of(LOWEST) if REQUIREMENTS[command].scope == WRITE_SCOPE else "lowest-reads"
    if command in ("change-request", "sign-off"):
        assert psbot(sandbox, token_of("psbot-bot"), "apply", AWS).exit_code == 0
    let_in(sandbox, "acme/delivery", AccessLevel.GUEST)
    refused = psbot(sandbox, token, *of_engagement(command))
    assert (refused.exit_code, "needs at least the Planner role" in refused.stderr) == (3, True)
    let_in(sandbox, "acme", AccessLevel.PLANNER)
    let_in(sandbox, "acme/delivery", AccessLevel.PLANNER)
    ended = psbot(sandbox, token, *of_engagement(command))
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_doctor_and_labels_need_no_more_than_to_see_the_places(sandbox: Sandbox) -> None:
    told = psbot(sandbox, "lowest-reads", "doctor", AWS)
    assert (
        told.exit_code,
        "acme/delivery (gitlab.group) does not exist or is not visible" in told.stdout,
    ) == (3, True)
    let_in(sandbox, "acme", AccessLevel.GUEST)
    assert psbot(sandbox, "lowest-reads", "labels", AWS).exit_code == 0


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_doctor_and_the_endpoints_page_name_the_same_for_every_command(sandbox: Sandbox, form: str) -> None:
    said = psbot(sandbox, READ_ONLY_TOKEN, "doctor", "--format", form).stdout
    page = (FOLDER / "endpoints.md").read_text()
    for command, need in REQUIREMENTS.items():
        assert f"| `psbot {command}` | `{need.scope}` | {need.role} |" in page
    if form == "json":
        assert {each["command"]: (each["scope"], each["role"]) for each in json.loads(said)["needs"]} == {
            command: (need.scope, need.role) for command, need in REQUIREMENTS.items()
        }
        return
    told = " ".join(said.replace("`", "").split())
    for names, scope, role in requirement_rows(REQUIREMENTS):
        shown = f"{names}: {scope}; {role}" if form == "text" else f"| {names} | {scope} | {role} |"
        assert shown in told
