"""The wrap-up as GitLab shows it, checked against sums over what the sandbox holds, which know nothing of psbot."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.core.text.marker import managed_sections
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.seed import sandbox_world, token_of
from tests.sandbox.client import Client
from tests.support.paths import ROOT

BERLIN = ZoneInfo("Europe/Berlin")
SHARED = "acme/delivery/project"
SECRETS = ("the margin is 40 percent", "Bob is too slow", "walk-away price 90k")
LAST_DAY, LATER = "2027-02-26T18:00+01:00", "2027-03-01T10:00+01:00"

Psbot = Callable[..., Result]
_SPEND = "mutation($input: WorkItemUpdateInput!) { workItemUpdate(input: $input) { errors } }"
_SEEN = """query($group: ID!, $after: String) { group(fullPath: $group) {
  workItems(includeDescendants: true, state: all, first: 100, after: $after) {
    nodes { title description } pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(sandbox_world()) as started:
        yield started


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    def run(*arguments: object, now: str, token: str = "psbot-bot") -> Result:
        environment = {
            "PSBOT_GITLAB_URL": sandbox.url,
            "PSBOT_TOKEN": token_of(token),
            "PSBOT_NOW": now,
            "PSBOT_PROFILE": "",
        }
        sandbox.world.clock.set(datetime.fromisoformat(now))
        ended = CliRunner().invoke(main, list(map(str, arguments)), env=environment)
        assert ended.exit_code == 0, ended.output
        return ended

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The AWS example with three milestones and a signed amendment."""
    parts = ("Design", "2027-01-15"), ("Production ready", "2027-01-29"), ("Hand-over", "2027-02-19")
    milestones = "\n".join(f"  - {{name: {name}, due: {due}}}" for name, due in parts)
    amendments = "amendments:\n  - {reference: CR-7, signed_on: 2026-12-15, hours: 31.5}"
    text = (ROOT / "examples" / "acme-aws.yml").read_text(encoding="utf-8")
    written = tmp_path / "acme.yml"
    written.write_text(f"{text}\nmilestones:\n{milestones}\n{amendments}\n", encoding="utf-8")
    return written


def item(sandbox: Sandbox, key: str) -> WorkItem:
    (found,) = (each for each in sandbox.world.items.values() if f" item={key} " in each.description)
    return found


def change(sandbox: Sandbox, by: str, key: str, **fields: object) -> None:
    with sandbox.world.lock:
        update_item(sandbox.world, sandbox.world.users[by], item(sandbox, key), ItemChange(**fields))  # type: ignore[arg-type]


def section(sandbox: Sandbox, key: str) -> str:
    (text,) = managed_sections(item(sandbox, key).description).values()
    return text


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def lived(psbot: Psbot, sandbox: Sandbox, file: Path) -> Sandbox:
    """An engagement on its last day: work done, time booked, two of three milestones on their way, secrets written."""
    psbot("apply", file, now="2026-11-23T09:00+01:00")
    for day, by, keys in (
        ("2026-11-25T09:00+01:00", "maria", ["welcome-email"]),
        ("2026-12-02T15:00+01:00", "paul", ["kick-off"]),
        ("2026-12-10T23:30+01:00", "paul", ["intake-aws"]),
    ):
        sandbox.world.clock.set(datetime.fromisoformat(day))
        for key in keys:
            change(sandbox, by, key, is_open=False)
        psbot("advance", file, now=day)
    paul = Client(sandbox, "paul")
    for key, spent in (
        ("kick-off", "1h 30m"),
        ("intake-aws", "2h 45m"),
        ("log", "45m"),
        ("call/2026-12-15", "1h"),
    ):
        given = {
            "id": f"gid://gitlab/WorkItem/{item(sandbox, key).id}",
            "timeTrackingWidget": {"timelog": {"timeSpent": spent}},
        }
        assert paul.execute(_SPEND, input=given)["workItemUpdate"]["errors"] == []
    call, log = item(sandbox, "call/2026-12-15"), item(sandbox, "log")
    decided = "- Runners on spot, see https://docs.acme.example/runners"
    change(
        sandbox,
        "paul",
        "call/2026-12-15",
        description=call.description.replace("## Decisions\n", f"## Decisions\n\n{decided}\n"),
    )
    change(sandbox, "maria", "log", description=f"{log.description}\n{SECRETS[0]}\n")
    for key, secret in (("standup/2026-W51", SECRETS[1]), ("sign-off/design", SECRETS[2])):
        change(
            sandbox,
            "paul",
            key,
            description=f"{item(sandbox, key).description}\n## Decisions\n\n- {secret}\n",
        )
    psbot(
        "sign-off",
        file,
        "--milestone",
        "Design",
        "--sent",
        "2027-01-15",
        now="2027-01-15T12:00+01:00",
        token="maria",
    )
    psbot(
        "sign-off",
        file,
        "--milestone",
        "Design",
        "--received",
        "2027-01-18",
        "--proof",
        "https://acme.example/p?x=1",
        now="2027-01-19T12:00+01:00",
        token="maria",
    )
    psbot(
        "sign-off",
        file,
        "--milestone",
        "Production ready",
        "--sent",
        "2027-01-30",
        now="2027-02-01T12:00+01:00",
        token="maria",
    )
    psbot("advance", file, now="2027-02-10T12:00+01:00")
    psbot("advance", file, now=LAST_DAY)
    return sandbox


def test_hours_and_acceptances_are_those_of_the_sandbox(lived: Sandbox) -> None:
    table = rows(section(lived, "financial-wrap-up"))
    booked = sum(
        each.spent_seconds
        for each in lived.world.items.values()
        if "engagement=acme-sow-142" in each.description
    )
    assert ["Sold", "191.5"] in table
    assert ["Booked in GitLab", f"{booked / 3600:g}"] in table
    assert booked == 6 * 3600
    assert table[1:4] == [
        ["Design", "2027-01-15", "2027-01-18", "", "<https://acme.example/p?x=1>"],
        ["Hand-over", "", "", "", ""],
        ["Production ready", "2027-01-30", "", "yes, at the end of 2027-02-05", ""],
    ], "sent on a Saturday: the Monday is day 1"


def test_what_blocks_completion_is_what_is_open_in_the_sandbox(lived: Sandbox) -> None:
    blocking = re.findall(r"^- Open item: (.+)$", section(lived, "financial-wrap-up"), re.MULTILINE)
    still = {
        each.title
        for each in lived.world.items.values()
        if each.is_open and not each.title.startswith(("Engagement log", "Financial wrap-up", "Acme Corp: "))
    }
    assert sorted(blocking) == sorted(still)
    assert "- Missing sign-off: Hand-over" in section(lived, "financial-wrap-up")


def test_actual_days_are_those_on_which_the_sandbox_closed_the_items(lived: Sandbox) -> None:
    table = {name: (planned, actual) for name, planned, actual in rows(section(lived, "project-summary"))[1:]}
    shown = {
        each.title: each.closed_at.astimezone(BERLIN).date().isoformat() if each.closed_at else "open"
        for each in lived.world.items.values()
        if each.namespace.full_path == SHARED and not each.title.startswith("Call ")
    }
    assert {name: actual for name, (_, actual) in table.items()} == shown
    assert table["Intake (AWS): Acme Corp"] == ("2026-12-08", "2026-12-10")
    assert "- 2026-12-15: Runners on spot" in section(lived, "project-summary")
    assert "- <https://docs.acme.example/runners>" in section(lived, "project-summary")


def test_timeline_has_every_single_item_the_sandbox_closed(lived: Sandbox) -> None:
    told = {(day, what) for day, what in rows(section(lived, "post-mortem"))[1:]}
    for key in ("welcome-email", "kick-off", "intake-aws"):
        closed_at = item(lived, key).closed_at
        assert closed_at
        assert (closed_at.astimezone(BERLIN).date().isoformat(), f"{key} closed, done") in told
    assert ("2026-12-15", "Change CR-7 signed") in told
    assert ("2027-02-26", "Phase wrap-up started") in told
    assert not any(name in section(lived, "post-mortem") for name in ("maria", "paul", "psbot-bot"))


def test_customer_reads_no_secret_and_nothing_internal(lived: Sandbox) -> None:
    ada = Client(lived, "ada")
    seen = ada.execute(_SEEN, group="acme", after=None)["group"]["workItems"]
    assert not seen["pageInfo"]["hasNextPage"]
    text = "\n".join(f"{each['title']}\n{each['description']}" for each in seen["nodes"])
    assert "Project summary: Acme Corp" in text
    assert "Runners on spot" in text
    for secret in (*SECRETS, "191.5", "31.5", "160", "Booked", "ps-health", "Standup", "Sign-off Design"):
        assert secret not in text, secret


def test_nothing_is_left_to_write(psbot: Psbot, lived: Sandbox, file: Path) -> None:
    for _ in range(2):
        lived.gate.log.reset()
        for command in ("advance", "apply"):
            psbot(command, file, now=LAST_DAY)
    assert not any(each.is_write for each in lived.gate.log.entries)
    psbot("advance", file, now=LATER)
    lived.gate.log.reset()
    psbot("apply", file, now=LATER)
    psbot("advance", file, now=LATER)
    assert not any(each.is_write for each in lived.gate.log.entries)
