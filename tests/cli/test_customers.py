"""What commands report where one customer can read the epic of another one."""

import json
from pathlib import Path

import pytest
import requests

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.accounts import AccessLevel
from psbot.sandbox.state.model import ItemType
from psbot.sandbox.state.seed import token_of
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

ACME = (ROOT / "examples" / "acme-aws.yml").read_text()
CODE = "customers-not-separated"
GLOBEX = ACME.replace("acme-sow-142", "globex-sow-7").replace("customer: Acme Corp", "customer: Globex")


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox)


def written(folder: Path, **texts: str) -> list[Path]:
    files = [folder / f"{name}.yml" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text)
    return files


def below(group: str, text: str) -> str:
    """The file with its epic in *group* and both projects below it."""
    return text.replace("acme/delivery", group)


def without_members(text: str) -> str:
    return text.replace("gitlab:\n", "gitlab:\n  shared_with_customer: false\n")


def epics_read_by(sandbox: Sandbox, username: str, group: str) -> set[str]:
    """The titles of the group's epics that GitLab shows to the person."""
    query = "query($group: ID!) { group(fullPath: $group) { workItems(types: [EPIC]) { nodes { title } } } }"
    answer = requests.post(
        f"{sandbox.url}/api/graphql",
        json={"query": query, "variables": {"group": group}},
        headers={"Authorization": f"Bearer {token_of(username)}"},
        timeout=10,
    ).json()
    found = answer["data"]["group"]
    return {each["title"] for each in found["workItems"]["nodes"]} if found else set()


def test_validate_names_both_files_of_customers_who_share_a_group(psbot: Psbot, tmp_path: Path) -> None:
    acme, globex = written(tmp_path, acme=ACME, globex=GLOBEX)
    found = psbot("validate", acme, globex)
    assert (found.exit_code, found.stdout) == (0, f"{acme}: ok\n{globex}: ok\n")
    first, second = (line for line in found.stderr.splitlines() if "can read the epic" in line)
    assert first == (
        f"{acme}:14:10: warning: gitlab.group: as a member of acme/delivery/project, Acme Corp ({acme}) can read the "
        f"epic of Globex ({globex}) in acme/delivery: its title, description, dates, labels and public comments; give "
        "each customer a subgroup with both projects below it, and have no epics in the groups above; if nobody from "
        "the customer is a member of the project, set gitlab.shared_with_customer: false"
    )
    assert second.startswith(
        f"{globex}:14:10: warning: gitlab.group: as a member of acme/delivery/project, Globex"
    )


@pytest.mark.parametrize(
    "other",
    [
        GLOBEX.replace("customer: Globex", "customer: ACME  corp"),
        below("acme/globex", GLOBEX),
        without_members(GLOBEX),
    ],
    ids=["the same customer", "a subgroup each", "no members"],
)
def test_validate_has_nothing_to_report_about_separated_customers(
    other: str, psbot: Psbot, tmp_path: Path
) -> None:
    files = written(tmp_path, acme=without_members(ACME) if "shared_with" in other else ACME, globex=other)
    assert "can read" not in psbot("validate", *files).stderr


@pytest.mark.parametrize("mode", [["--offline"], []], ids=["offline", "online"])
def test_plan_lists_customers_that_are_not_separated_and_only_warns(
    mode: list[str], psbot: Psbot, tmp_path: Path
) -> None:
    files = written(tmp_path, acme=ACME, globex=GLOBEX)
    planned = psbot("plan", *files, *mode, "--format", "json")
    assert planned.exit_code == 0
    for engagement, other in zip(json.loads(planned.stdout)["engagements"], reversed(files), strict=True):
        (finding,) = (each for each in engagement["findings"] if each["code"] == CODE)
        assert finding["severity"] == "warning"
        assert str(other) in finding["message"]
    assert psbot("plan", *files, *mode, "--exit-code").exit_code == 4


def test_apply_is_not_blocked_by_customers_that_are_not_separated(psbot: Psbot, tmp_path: Path) -> None:
    files = written(tmp_path, acme=ACME, globex=GLOBEX)
    assert psbot("apply", *files).exit_code == 0


def test_customer_reads_in_gitlab_exactly_what_the_finding_names(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    """ada of Acme Corp is a member of the shared project alone."""
    world = sandbox.world
    for path, is_group in (
        ("acme/globex", True),
        ("acme/globex/project", False),
        ("acme/globex/internal", False),
    ):
        namespace = world.ensure_namespace(path, is_group=is_group)
        for person in ("maria", "paul", "petra", "pia", "dora"):
            world.add_member(namespace, world.users[person], AccessLevel.DEVELOPER)
    hidden = below("acme/globex", GLOBEX)
    acme, globex, other = written(tmp_path, acme=ACME, globex=GLOBEX.replace("-142", "-7"), other=hidden)
    assert psbot("apply", acme, other).exit_code == 0
    assert epics_read_by(sandbox, "ada", "acme/delivery") == {"Acme Corp: SOW-2026-142"}
    assert epics_read_by(sandbox, "ada", "acme/globex") == set()
    assert "can read" not in psbot("validate", acme, other).stderr

    globex.write_text(globex.read_text().replace("globex-sow-7", "globex-sow-8"))
    assert psbot("apply", globex).exit_code == 0
    assert epics_read_by(sandbox, "ada", "acme/delivery") == {"Acme Corp: SOW-2026-142", "Globex: SOW-2026-7"}
    assert f"can read the epic of Globex ({globex})" in psbot("validate", acme, globex).stderr


def test_shared_with_customer_is_true_or_false(psbot: Psbot, tmp_path: Path) -> None:
    (file,) = written(tmp_path, acme=ACME.replace("gitlab:\n", "gitlab:\n  shared_with_customer: maybe\n"))
    refused = psbot("validate", file)
    assert refused.exit_code == 2
    assert f"{file}:14:25: gitlab.shared_with_customer: maybe is text, not true or false" in refused.stderr


def test_doctor_reports_customers_that_are_not_separated(psbot: Psbot, tmp_path: Path) -> None:
    files = written(tmp_path, acme=ACME, globex=GLOBEX)
    found = psbot("doctor", *files, "--format", "json")
    assert found.exit_code == 0
    checks = [each for each in json.loads(found.stdout)["checks"] if "can read the epic" in each["found"]]
    assert [(each["about"], each["verdict"]) for each in checks] == [(str(each), "warning") for each in files]
    assert "give each customer a subgroup with both projects below it" in checks[0]["fix"]
    assert psbot("doctor", *files, "--exit-code").exit_code == 4


def epic(sandbox: Sandbox, title: str, *, is_confidential: bool = False, description: str = "") -> None:
    """Let dora make an epic in the group above the engagement's."""
    world = sandbox.world
    dora, acme = world.users["dora"], world.namespaces["acme"]
    world.add_member(acme, dora, AccessLevel.OWNER)
    change = ItemChange(title=title, confidential=is_confidential, description=description)
    create_item(world, dora, acme, ItemType.EPIC, change)


def checks_about(psbot: Psbot, word: str, *arguments: object, **env: str) -> list[dict[str, str]]:
    found = psbot("doctor", *arguments, "--format", "json", **env)
    return [each for each in json.loads(found.stdout)["checks"] if word in each["found"]]


def test_doctor_names_epics_in_groups_above_that_a_customer_can_read(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    (file,) = written(tmp_path, acme=ACME)
    assert checks_about(psbot, "can read", file) == []
    epic(sandbox, "Prices of next year")
    epic(sandbox, "Hidden", is_confidential=True)
    assert epics_read_by(sandbox, "ada", "acme") == {"Prices of next year"}
    (check,) = checks_about(psbot, "can read", file)
    assert (check["about"], check["verdict"]) == ("acme", "warning")
    assert check["found"] == f"Acme Corp ({file}) can read 1 epic of acme: acme&1"
    assert check["fix"].startswith("move them out of acme, or make them confidential")
    for number in range(4):
        epic(sandbox, f"Number {number}")
    (check,) = checks_about(psbot, "can read", file)
    assert check["found"].endswith("can read 5 epics of acme: acme&1, acme&3, acme&4, 2 more")
    (nobody,) = written(tmp_path, acme=without_members(ACME))
    assert checks_about(psbot, "can read", nobody) == []


def test_doctor_leaves_out_epics_of_the_customers_own_engagements(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    second = below("acme", ACME).replace("acme-sow-142", "acme-sow-143")
    files = written(tmp_path, acme=ACME, second=second)
    epic(sandbox, "Ours", description="<!-- psbot: engagement=acme-sow-143 item=epic -->\n")
    assert checks_about(psbot, "can read", *files) == []
    (check,) = checks_about(psbot, "can read", files[0])
    assert check["found"].endswith("can read 1 epic of acme: acme&1")


def test_doctor_counts_epics_beyond_the_first_page(psbot: Psbot, sandbox: Sandbox, tmp_path: Path) -> None:
    (file,) = written(tmp_path, acme=ACME)
    for number in range(103):
        epic(sandbox, f"Number {number}")
    (check,) = checks_about(psbot, "can read", file)
    assert check["found"].endswith("can read 103 epics of acme: acme&1, acme&2, acme&3, 100 more")


def test_doctor_reports_groups_above_that_it_could_not_check(psbot: Psbot, tmp_path: Path) -> None:
    (file,) = written(tmp_path, acme=below("nowhere/acme", ACME).replace("group: acme ", "group: nowhere "))
    (check,) = checks_about(psbot, "nowhere is not visible", file)
    assert (check["about"], check["verdict"]) == ("nowhere", "unknown")
    assert check["found"].endswith(f"it may have epics that Acme Corp ({file}) can read")


def test_examples_and_the_starter_keep_customers_apart(psbot: Psbot) -> None:
    files = [*(ROOT / "examples").glob("*.yml"), ROOT / "starter" / "engagements" / "example.yml"]
    # The starter's example is that of the minimal example again; the same customer may share the group.
    found = psbot("validate", *(file for file in files if file.name != "initech-minimal.yml"))
    assert (found.exit_code, "can read" in found.stderr) == (0, False)
