"""``psbot status`` against the sandbox, as people meet it."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.seed import READ_ONLY_TOKEN, token_of
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"
GLOBEX = ROOT / "examples" / "globex-on-prem.yml"
KEYS = ("acme-sow-142", "beta", "gamma")


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, token=READ_ONLY_TOKEN)


@pytest.fixture
def files(psbot: Psbot, sandbox: Sandbox, tmp_path: Path) -> list[Path]:
    """Three engagements like the AWS example, applied."""
    made = []
    for number, key in enumerate(KEYS):
        file = tmp_path / f"{key}.yml"
        text = AWS.read_text().replace("acme-sow-142", key).replace("SOW-2026-142", f"SOW-{number}")
        file.write_text(text)
        made.append(file)
    assert psbot("apply", *made, token=token_of("psbot-bot")).exit_code == 0
    sandbox.gate.log.reset()
    return made


def item(sandbox: Sandbox, engagement: str, key: str) -> WorkItem:
    start = f"<!-- psbot: engagement={engagement} item={key} "
    (found,) = (each for each in sandbox.world.items.values() if each.description.startswith(start))
    return found


def change(sandbox: Sandbox, by: str, found: WorkItem, label: str | None = None) -> None:
    """Let somebody put a label on an item, or close it."""
    world = sandbox.world
    with world.lock:
        known = world.find_label(found.namespace, label) if label else None
        wanted = ItemChange(add_labels=(known,)) if known else ItemChange(is_open=False)
        update_item(world, world.users[by], found, wanted)


def keys(result: Result) -> list[str]:
    return [each["engagement"] for each in json.loads(result.stdout)["engagements"]]


def test_portfolio_shows_first_what_needs_attention_and_why(
    psbot: Psbot, sandbox: Sandbox, files: list[Path]
) -> None:
    for engagement in KEYS:
        change(sandbox, "maria", item(sandbox, engagement, "welcome-email"))
    change(sandbox, "paul", item(sandbox, "beta", "intake-aws"), "ps-state::waiting-customer")
    change(sandbox, "ada", item(sandbox, "gamma", "kick-off"))
    told = psbot("status", *files, GLOBEX)
    assert told.exit_code == 3
    assert (
        "globex-on-prem.yml: services/globex (gitlab.group) does not exist or is not visible" in told.stderr
    )
    assert max(map(len, told.stdout.splitlines())) <= 80
    head, *rows = told.stdout.splitlines()
    assert head.split("  ")[0] == "engagement"
    names = [row.split()[0] for row in rows if not row.startswith(" ")]
    assert names == ["globex-sow-7", "gamma", "beta", "acme-sow-142"]
    assert keys(psbot("status", *files, GLOBEX, "--format", "json")) == names
    markdown = psbot("status", *files, GLOBEX, "--format", "markdown").stdout
    assert "| globex-sow-7 | not read |" in markdown
    assert "| setup 2026-11-23 | green |" in markdown


def test_json_has_phase_start_overdue_items_who_acts_next_and_findings(
    psbot: Psbot, sandbox: Sandbox, files: list[Path]
) -> None:
    change(sandbox, "paul", item(sandbox, "beta", "intake-aws"), "ps-state::waiting-customer")
    change(sandbox, "ada", item(sandbox, "beta", "kick-off"))
    (told,) = json.loads(psbot("status", files[1], "--format", "json").stdout)["engagements"]
    assert {name: told[name] for name in ("phase", "since", "label", "overdue", "overdue_days")} == {
        "phase": "setup", "since": "2026-11-23", "label": "setup", "overdue": 1, "overdue_days": 2,
    }  # fmt: skip
    assert (told["at_customer"], told["next_due"], told["failure"]) == (1, "standup/2026-W49", None)
    (found,) = told["findings"]
    assert (found["code"], found["severity"], found["marker"]) == (
        "unauthorized-change",
        "warning",
        "kick-off",
    )
    waits = {each["marker"]: each["waits_for"] for each in told["items"]}
    assert waits["intake-aws"] == {"who": "customer", "name": "Acme Corp"}
    assert waits["post-mortem"] == {"who": "gate", "name": "project-summary is todo"}
    assert waits["welcome-email"] == {"who": "person", "name": "maria"}


def test_one_engagement_is_shown_in_lines(psbot: Psbot, sandbox: Sandbox, files: list[Path]) -> None:
    change(sandbox, "paul", item(sandbox, "beta", "kick-off"), "ps-state::waiting-customer")
    change(sandbox, "paul", item(sandbox, "beta", "epic"), "ps-phase::intake")
    told = psbot("status", files[1]).stdout
    assert max(map(len, told.splitlines())) <= 80
    words = " ".join(told.split())
    for line in (
        "phase setup since 2026-11-23; the label shows intake",
        "warning paul changed the phase from setup to intake; workflow.yml has no such transition",
        "late 2026-11-19 welcome-email, maria, todo",
        "next 2026-12-01 kick-off, waiting for Acme Corp, waiting-customer",
    ):
        assert line in words


def test_exit_code_asks_for_a_look_when_something_is_late_or_was_found(
    psbot: Psbot, sandbox: Sandbox, files: list[Path]
) -> None:
    assert psbot("status", files[0], "--exit-code").exit_code == 4, "the welcome e-mail is late"
    change(sandbox, "maria", item(sandbox, KEYS[0], "welcome-email"))
    assert psbot("status", files[0], "--exit-code").exit_code == 0
    change(sandbox, "ada", item(sandbox, KEYS[0], "kick-off"))
    assert psbot("status", files[0], "--exit-code").exit_code == 4, "what a customer did was found"


def test_file_that_names_other_projects_is_an_error_and_comes_first(
    psbot: Psbot, files: list[Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.yml"
    text = files[2].read_text()
    swapped = text.replace("  project: acme/delivery/project", "  project: acme/delivery/internal").replace(
        "  internal_project: acme/delivery/internal", "  internal_project: acme/delivery/project"
    )
    assert swapped != text
    other.write_text(swapped)
    told = json.loads(psbot("status", *files[:2], other, "--format", "json").stdout)["engagements"]
    assert told[0]["engagement"] == "gamma"
    (found,) = told[0]["findings"]
    assert (found["code"], found["severity"]) == ("not-evaluated", "error")
    assert "an engagement keeps its projects" in found["message"]


def test_more_engagements_take_no_more_requests_until_a_page_is_full(
    psbot: Psbot, sandbox: Sandbox, files: list[Path]
) -> None:
    def requests(*some: Path) -> int:
        sandbox.gate.log.reset()
        assert psbot("status", *some).exit_code == 0
        return len(sandbox.gate.log.entries)

    assert requests(files[0]) == requests(*files) == 3
    for engagement in KEYS:
        change(sandbox, "maria", item(sandbox, engagement, "welcome-email"))
        change(sandbox, "ada", item(sandbox, engagement, "kick-off"))
    assert requests(*files) == requests(files[0])
    assert not any(each.is_write for each in sandbox.gate.log.entries)
