"""The commands that talk to GitLab, against the sandbox, as people and pipelines meet them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from jsonschema import Draft202012Validator

from psbot.report.plan_json import PLAN_SCHEMA
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed import READ_ONLY_TOKEN, sandbox_world, token_of
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = str(ROOT / "examples" / "acme-aws.yml")
GLOBEX = str(ROOT / "examples" / "globex-on-prem.yml")
PROGRAM = str(Path(sys.executable).with_name("psbot"))


def environment(sandbox: Sandbox) -> dict[str, str]:
    return {
        "PSBOT_GITLAB_URL": sandbox.url,
        "PSBOT_TOKEN": token_of("psbot-bot"),
        "PSBOT_NOW": "2026-11-23T09:00+01:00",
        "COLUMNS": "80",
        "PSBOT_PROFILE": "",
    }


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox)


def writes(sandbox: Sandbox) -> int:
    return sum(each.is_write for each in sandbox.gate.log.entries)


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The AWS example with some of its text replaced."""
    text = Path(AWS).read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = folder / "acme.yml"
    file.write_text(text)
    return file


def test_apply_does_what_the_plan_shows_and_nothing_is_left(psbot: Psbot, sandbox: Sandbox) -> None:
    planned = json.loads(psbot("plan", AWS, "--format", "json").stdout)
    Draft202012Validator(PLAN_SCHEMA).validate(planned)
    assert writes(sandbox) == 0
    made = psbot("apply", AWS, "--format", "json")
    assert made.exit_code == 0, made.output
    (engagement,) = json.loads(made.stdout)["engagements"]
    (expected,) = planned["engagements"]
    assert {(each["op"], each["marker"]) for each in engagement["receipts"]} == {
        (each["op"], each["marker"]) for each in expected["operations"]
    }
    assert engagement["checksum"] == expected["checksum"]
    assert json.loads(made.stdout)["summary"] == {
        "done": 72, "refused": 0, "unclear": 0, "moved": 0, "left": 0,
    }  # fmt: skip
    sandbox.gate.log.reset()
    again = psbot("apply", AWS)
    assert (again.exit_code, "nothing to do" in again.stdout) == (0, True)
    assert len(sandbox.gate.log.entries) <= 3
    assert writes(sandbox) == 0


def test_apply_shows_every_item_with_its_place_at_80_columns(psbot: Psbot, sandbox: Sandbox) -> None:
    made = psbot("apply", AWS).stdout
    assert max(map(len, made.splitlines())) <= 80
    for word in (
        "+ 60 labels",
        "acme/delivery&1",
        "Kick-off: Acme Corp",
        f"{sandbox.url}/groups/acme/delivery/",
    ):
        assert word in made


def test_exit_code_4_means_that_changes_are_pending(psbot: Psbot) -> None:
    assert psbot("plan", AWS, "--exit-code").exit_code == 4
    psbot("apply", AWS)
    assert psbot("plan", AWS, "--exit-code").exit_code == 0


def test_plan_warns_of_somebody_outside_the_engagement_who_reads_the_internal_project(
    psbot: Psbot, sandbox: Sandbox
) -> None:
    world = sandbox.world
    with world.lock:
        role = next(iter(world.memberships.values())).access_level
        world.add_member(world.namespaces["acme/delivery/internal"], world.users["ada"], role)
    said = " ".join(psbot("plan", AWS).stdout.split())
    assert "ada can read acme/delivery/internal without being part of the engagement" in said


def test_apply_refuses_a_plan_that_nobody_has_reviewed(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    (reviewed,) = json.loads(psbot("plan", AWS, "--format", "json").stdout)["engagements"]
    other = changed(tmp_path, ("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02"))
    refused = psbot("apply", other, "--checksum", reviewed["checksum"])
    assert refused.exit_code == 2
    assert "not the reviewed one" in refused.stderr
    assert writes(sandbox) == 0
    assert psbot("apply", AWS, "--checksum", reviewed["checksum"]).exit_code == 0
    assert psbot("apply", AWS, "--checksum", reviewed["checksum"]).exit_code == 0, "nothing is left to review"


def test_apply_needs_force_to_close_most_of_an_engagement(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    psbot("apply", AWS)
    sandbox.gate.log.reset()
    kinds = (
        "welcome-email",
        "kick-off",
        "intake-aws",
        "project-summary",
        "sign-off",
        "post-mortem",
        "standup",
    )
    skip = "".join(f"  {kind}: not sold\n" for kind in kinds)
    file = changed(tmp_path, ("customer_contacts:", f"skip:\n{skip}customer_contacts:"))
    refused = psbot("apply", file)
    assert (refused.exit_code, writes(sandbox)) == (2, 0)
    assert "closes 8 of 12 open items" in refused.stderr
    assert "--force" in refused.stderr
    assert psbot("apply", file, "--force").exit_code == 0


def test_one_failure_stops_that_engagement_only(psbot: Psbot) -> None:
    both = psbot("apply", GLOBEX, AWS)
    assert both.exit_code == 3
    assert "services/globex (gitlab.group) does not exist" in both.stderr
    assert "services/globex/internal (gitlab.internal_project) does not exist" in both.stderr
    assert "Kick-off: Acme Corp" in both.stdout


def test_status_shows_phase_people_and_overdue_items(psbot: Psbot) -> None:
    before = psbot("status", AWS)
    assert "not in GitLab yet" in before.stdout
    psbot("apply", AWS)
    (standing,) = json.loads(psbot("status", AWS, "--format", "json").stdout)["engagements"]
    assert standing["phase"] == "setup"
    assert standing["health"] == "green"
    assert (standing["open"], standing["closed"], standing["overdue"]) == (11, 0, 1)
    assert standing["states"] == {"todo": 8, "blocked": 3}
    assert [item["marker"] for item in standing["items"]][:3] == [
        "welcome-email",
        "kick-off",
        "standup/2026-W49",
    ]
    text = psbot("status", AWS).stdout
    for word in ("manager maria, lead paul", "late     2026-11-19  welcome-email, maria, todo"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 80


def test_labels_reports_what_apply_would_create_and_what_does_not_belong(
    psbot: Psbot, sandbox: Sandbox
) -> None:
    assert "ps-state: none of 6 labels exists; psbot apply creates them" in psbot("labels", AWS).stdout
    psbot("apply", AWS)
    assert "all 60 labels of the catalogue exist" in psbot("labels", "--group", "acme").stdout
    with sandbox.world.lock:
        sandbox.world.add_label(sandbox.world.namespaces["acme"], "ps-state::parked")
    found = psbot("labels", AWS, "--exit-code")
    assert (found.exit_code, "ps-state::parked not in the catalogue" in found.stdout) == (4, True)


def test_doctor_finds_nothing_wrong_with_the_ready_made_world(psbot: Psbot) -> None:
    found = psbot("doctor", AWS, "--exit-code", "--format", "json")
    assert found.exit_code == 0
    checks = json.loads(found.stdout)["checks"]
    assert {check["verdict"] for check in checks} <= {"ok", "note"}


def test_doctor_names_every_problem_with_its_fix(psbot: Psbot, sandbox: Sandbox, tmp_path: Path) -> None:
    file = changed(tmp_path, ("engineers: [paul, petra]", "engineers: [zoe]"))
    said = psbot("doctor", file, GLOBEX, PSBOT_TOKEN=READ_ONLY_TOKEN)
    assert said.exit_code == 3
    words = " ".join(said.stdout.split())
    for lack in (
        "the token has the scope read_api: it is read-only → for advance, apply, change-request, sign-off, stale, create one with the scope api",
        "GitLab has no user zoe → correct `people:` in the file, or invite them to the project",
        "services/globex (gitlab.group) does not exist or is not visible to the token → check the path",
    ):
        assert lack in words


def _no_epics(sandbox: Sandbox) -> None:
    sandbox.world.edition = Edition.FREE


def _maintenance(sandbox: Sandbox) -> None:
    sandbox.world.is_in_maintenance = True


def _fault(kind: FaultKind) -> Callable[[Sandbox], None]:
    def happens(sandbox: Sandbox) -> None:
        sandbox.gate.faults.add(Fault(kind, FaultTiming.BEFORE, times=99))

    return happens


CIRCUMSTANCES: dict[str, tuple[dict[str, str], Callable[[Sandbox], None] | None, str]] = {
    "wrong token": ({"PSBOT_TOKEN": "wrong"}, None, "GitLab rejected the token (401); check the token"),
    "read-only token": ({"PSBOT_TOKEN": READ_ONLY_TOKEN}, None, "the token is read-only; create a token with the `api` scope"),
    "role too low": ({"PSBOT_TOKEN": token_of("ada")}, None, "ada needs at least the Planner role in acme/delivery"),
    "no epics": ({}, _no_epics, "acme/delivery has no epics"),
    "maintenance": ({}, _maintenance, "GitLab rejected 72 of 72 operations; see the reasons above"),
    "unknown host": ({"PSBOT_GITLAB_URL": "http://gitlab.invalid"}, None, "the host name of http://gitlab.invalid cannot be resolved"),
    "login page": ({}, _fault(FaultKind.LOGIN_PAGE), "the answer may come from a proxy or a login page"),
    "redirect": ({}, _fault(FaultKind.REDIRECT), "a redirect; psbot never sends a token to another address"),
    "no JSON": ({}, _fault(FaultKind.NOT_JSON), "truncated or not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_bad_circumstance_exits_with_3_and_a_sentence_and_writes_nothing(
    psbot: Psbot, sandbox: Sandbox, circumstance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.cli.signals.StopRequest.wait", lambda *_: None)
    env, happens, said = CIRCUMSTANCES[circumstance]
    if happens:
        happens(sandbox)
    before = {item.id for item in sandbox.world.items.values()}
    for command in ("plan", "apply"):
        if command == "plan" and circumstance in ("read-only token", "maintenance"):
            continue
        ended = psbot(command, AWS, **env)
        assert ended.exit_code == 3, (command, ended.output)
        assert said in ended.stderr, command
        assert "Traceback" not in ended.output
        assert "sandbox-token" not in ended.output
    assert {item.id for item in sandbox.world.items.values()} == before


def test_server_that_cannot_be_verified_exits_with_3(psbot: Psbot, sandbox: Sandbox) -> None:
    ended = psbot("apply", AWS, PSBOT_GITLAB_URL=sandbox.url.replace("http:", "https:"))
    assert (ended.exit_code, "could not be verified" in ended.stderr) == (3, True)


def test_missing_token_or_server_exits_with_2_and_says_where_to_set_it(psbot: Psbot, tmp_path: Path) -> None:
    nowhere = {
        "HOME": str(tmp_path),
        "GITLAB_TOKEN": "",
        "CI_SERVER_URL": "",
        "PYTHON_GITLAB_CFG": str(tmp_path / "x"),
    }
    (tmp_path / "x").write_text("[global]\ndefault = a\n[a]\nurl = http://127.0.0.1\n")
    without_token = psbot("plan", AWS, PSBOT_TOKEN="", **nowhere)
    assert (without_token.exit_code, "set PSBOT_TOKEN" in without_token.stderr) == (2, True)
    without_server = psbot("plan", AWS, PSBOT_GITLAB_URL="", **nowhere)
    assert (without_server.exit_code, "--gitlab-url" in without_server.stderr) == (2, True)


@pytest.mark.parametrize("command", ["plan", "apply", "status", "doctor", "labels"])
def test_file_that_cannot_be_read_is_said_alone_when_the_token_is_missing_too(
    psbot: Psbot, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "acme.yml"
    file.write_text("engagement: acme\n")
    ended = psbot(command, file, PSBOT_TOKEN="", HOME=str(tmp_path), GITLAB_TOKEN="")
    assert ended.exit_code == 2
    assert f"{file}:1:1: customer: this key is missing" in ended.stderr
    assert "token" not in ended.stderr


def test_profile_of_python_gitlab_gives_server_and_token(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "gitlab.cfg"
    file.write_text(
        f"[global]\ndefault = other\n[other]\nurl = http://127.0.0.1:9\nprivate_token = x\n"
        f"[mine]\nurl = {sandbox.url}\nprivate_token = {token_of('psbot-bot')}\n"
    )
    env = {"PYTHON_GITLAB_CFG": str(file), "PSBOT_TOKEN": "", "PSBOT_GITLAB_URL": ""}
    assert psbot("--profile", "mine", "plan", AWS, **env).exit_code == 0
    elsewhere = psbot("--profile", "other", "plan", AWS, **env | {"PSBOT_GITLAB_URL": sandbox.url})
    assert (elsewhere.exit_code, "is for http://127.0.0.1:9" in elsewhere.stderr) == (2, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 5), (signal.SIGINT, 130)])
def test_signal_ends_between_operations_and_the_next_run_goes_on(number: signal.Signals, code: int) -> None:
    with running_sandbox(sandbox_world(), work_ms=100) as sandbox:
        env = os.environ | environment(sandbox)
        with subprocess.Popen(
            [PROGRAM, "apply", AWS], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            while not writes(sandbox):
                assert process.poll() is None
            process.send_signal(number)
            out, said = process.communicate(timeout=60)
        assert process.returncode == code, (out, said)
        assert "stopping after the current request" in said
        assert "operations remain; run again" in " ".join(said.split())
        assert "Traceback" not in said
        left = len(sandbox.world.items)
        assert left < 12
        ended = subprocess.run([PROGRAM, "apply", AWS], env=env, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        assert len(sandbox.world.items) == 12
        once_more = subprocess.run(
            [PROGRAM, "apply", AWS], env=env, capture_output=True, text=True, check=False
        )
        assert "nothing to do" in once_more.stdout


def test_demo_runs_completely_and_ends_by_itself() -> None:
    told = subprocess.run(
        [PROGRAM, "demo"], env=os.environ | {"COLUMNS": "80"}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    for word in (
        "12 to create",
        "nothing to do",
        "kept    kick-off due_on: GitLab has 2026-12-03",
        "-ps-phase::setup",
        "kick-off was closed by ada",
        "kick-off since 2026-11-23",
    ):
        assert word in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 80


def test_limits_of_the_configuration_are_those_of_the_run(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    limits = (config / "limits.yml").read_text().replace("page: 100 ", "page: 4 ")
    (config / "limits.yml").write_text(limits.replace("settle_seconds: 60 ", "settle_seconds: 0 "))
    psbot("apply", AWS)
    sandbox.gate.log.reset()
    assert psbot("--config-dir", config, "apply", AWS).exit_code == 0
    pages = [each for each in sandbox.gate.log.entries if each.operation == "Listing"]
    assert len(pages) > 2, "twelve items are more than two pages of four"
    sandbox.gate.faults.add(Fault(FaultKind.STATUS, FaultTiming.AFTER, writes_only=True, status=502, times=9))
    changed_file = changed(tmp_path, ("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02"))
    ended = psbot("--config-dir", config, "apply", changed_file)
    assert "checking again" not in ended.stderr, "without time to settle, one look is enough"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_keeps_the_server_running_until_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [PROGRAM, "demo", "--keep"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        url = re.findall(r"the server is running at (\S+);", said)
        assert url, said
        page = requests.get(f"{url[0]}/groups/acme/delivery/-/epics/1", timeout=10)
        process.send_signal(number)
        rest = process.stderr.read()
        assert (process.wait(20), rest) == (0, "")
    assert "Acme Corp: SOW-2026-142" in page.text
