"""``psbot explain`` against the sandbox, as people meet it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.config.loader import load_process
from psbot.report.workflow import mermaid_diagram
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item, update_item
from psbot.sandbox.rules.moves import move_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.seed import READ_ONLY_TOKEN
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = str(ROOT / "examples" / "acme-aws.yml")
SHARED, INTERNAL = "acme/delivery/project", "acme/delivery/internal"


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox)


@pytest.fixture
def applied(psbot: Psbot, sandbox: Sandbox) -> Sandbox:
    """The AWS example, applied a week before its kick-off."""
    assert psbot("apply", AWS).exit_code == 0
    sandbox.gate.log.reset()
    return sandbox


def item(sandbox: Sandbox, key: str) -> WorkItem:
    (found,) = (each for each in sandbox.world.items.values() if f" item={key} " in each.description)
    return found


def make(
    sandbox: Sandbox,
    by: str,
    place: str,
    description: str = "",
    kind: str | None = None,
    title: str = "Mine",
    *,
    under_epic: bool = False,
) -> WorkItem:
    world = sandbox.world
    with world.lock:
        namespace = world.namespaces[place]
        label = world.find_label(namespace, f"ps-kind::{kind}") if kind else None
        change = ItemChange(title, description, add_labels=(label,) if label else ())
        made = create_item(world, world.users[by], namespace, ItemType.ISSUE, change)
        if under_epic:
            update_item(world, world.users["maria"], made, ItemChange(parent=item(sandbox, "epic")))
        return made


def at(made: WorkItem) -> str:
    return f"{made.namespace.full_path}{'&' if made.is_epic else '#'}{made.iid}"


def stdout_text(result: Result) -> str:
    """Everything on stdout, however it was wrapped."""
    return " ".join(result.stdout.split())


def test_item_is_found_by_address_reference_and_key_alike(psbot: Psbot, applied: Sandbox) -> None:
    kick_off = item(applied, "kick-off")
    page = f"{applied.url}/{SHARED}/-/issues/{kick_off.iid}"
    told = [psbot("explain", name, AWS) for name in ("acme-sow-142/kick-off", at(kick_off), page)]
    assert [each.exit_code for each in told] == [0, 0, 0]
    assert len({each.stdout for each in told}) == 1
    for word in (
        "acme-sow-142/kick-off Kick-off: Acme Corp",
        "item yes recognised by its marker; created by psbot-bot, a machine account",
        "state todo, set by psbot-bot (machine account) on 2026-11-23",
        "awaited no kick-off → intake depends on it: kick-off is todo",
        "apply would do nothing",
    ):
        assert word in stdout_text(told[0])


def test_key_of_an_engagement_alone_is_its_epic(psbot: Psbot, applied: Sandbox) -> None:
    told = psbot("explain", "acme-sow-142", AWS)
    assert told.stdout == psbot("explain", "acme/delivery&1", AWS).stdout
    assert told.stdout == psbot("explain", f"{applied.url}/groups/acme/delivery/-/epics/1", AWS).stdout
    assert "phase setup since 2026-11-23, accepted by psbot" in stdout_text(told)
    assert "moves no setup → kick-off" in stdout_text(told)


def test_every_item_is_explained_at_80_columns_without_a_write(psbot: Psbot, applied: Sandbox) -> None:
    for each in list(applied.world.items.values()):
        told = psbot("explain", at(each), AWS, PSBOT_TOKEN=READ_ONLY_TOKEN)
        assert told.exit_code == 0, told.output
        assert max(map(len, told.stdout.splitlines())) <= 80
    assert not any(each.is_write for each in applied.gate.log.entries)


def test_forms_say_the_same(psbot: Psbot, applied: Sandbox) -> None:
    data = json.loads(psbot("explain", "acme-sow-142/sign-off", AWS, "--format", "json").stdout)
    text = stdout_text(psbot("explain", "acme-sow-142/sign-off", AWS))
    markdown = stdout_text(psbot("explain", "acme-sow-142/sign-off", AWS, "--format", "markdown"))
    assert data["marker"] == "sign-off"
    points = [*data["what"], *data["why"]]
    parts = [part for point in points for part in point["parts"]]
    for each in (*points, *parts):
        assert each["text"] in text
        assert each["text"] in markdown


def test_explanation_takes_few_requests(psbot: Psbot, applied: Sandbox) -> None:
    psbot("explain", "acme-sow-142", AWS)
    assert len(applied.gate.log.entries) <= 6


def test_item_shows_what_the_next_runs_would_do_and_then_they_do_it(psbot: Psbot, applied: Sandbox) -> None:
    with applied.world.lock:
        maria = applied.world.users["maria"]
        update_item(applied.world, maria, item(applied, "welcome-email"), ItemChange(is_open=False))
    before = psbot("explain", "acme-sow-142", AWS, "--format", "json")
    assert [each["op"] for each in json.loads(before.stdout)["advance"]] == ["relabel", "redescribe"]
    assert psbot("advance", AWS).exit_code == 0
    after = psbot("explain", "acme-sow-142", AWS)
    assert "phase kick-off since 2026-11-23, after setup" in stdout_text(after)
    assert "advance would do nothing" in stdout_text(after)


def test_kept_value_shows_what_both_have_and_why(psbot: Psbot, applied: Sandbox) -> None:
    with applied.world.lock:
        maria = applied.world.users["maria"]
        update_item(applied.world, maria, item(applied, "kick-off"), ItemChange(title="Ours"))
    told = stdout_text(psbot("explain", "acme-sow-142/kick-off", AWS))
    assert (
        "kept title: GitLab has Ours, the file Kick-off: Acme Corp; changed in GitLab since psbot wrote it"
        in told
    )


# Items that psbot ignores


IGNORED: dict[str, tuple[Callable[[Sandbox], WorkItem], str]] = {
    "unrelated item": (
        lambda sandbox: make(sandbox, "ada", SHARED, "Help!"),
        "has neither a marker nor a kind label, so psbot ignores it.",
    ),
    "customer's copy": (
        lambda sandbox: make(sandbox, "ada", SHARED, item(sandbox, "kick-off").description),
        "carries the marker of kick-off but was created by ada, who is neither a machine account nor listed under `people:`",
    ),
    "duplicate": (
        lambda sandbox: make(sandbox, "paul", SHARED, item(sandbox, "kick-off").description, under_epic=True),
        f"carries the marker of kick-off, as does {SHARED}#",
    ),
    "internal item in the customer's project": (
        lambda sandbox: make(sandbox, "paul", SHARED, item(sandbox, "sign-off").description),
        "carries the marker of sign-off but is in the wrong place",
    ),
    "kind label elsewhere": (
        lambda sandbox: make(sandbox, "ada", SHARED, "Words", "kick-off"),
        "has the kind label of kick-off but no marker and is not a child of the engagement's epic",
    ),
    "second of a single kind": (
        lambda sandbox: make(sandbox, "paul", SHARED, "Words", "kick-off", under_epic=True),
        f"has the kind label of kick-off but no marker, and the kick-off is {SHARED}#",
    ),
    "occurrence without its marker": (
        lambda sandbox: make(sandbox, "paul", SHARED, "Words", "call", under_epic=True),
        "has the kind label of call but no marker, so psbot cannot tell which call it is",
    ),
    "change request that a person opened": (
        lambda sandbox: make(sandbox, "paul", INTERNAL, "Words", "change-request", under_epic=True),
        "item yes recognised by its kind label as a child of the epic; it has no marker",
    ),
}


@pytest.mark.parametrize("name", IGNORED)
def test_item_shows_why_it_counts_or_does_not(psbot: Psbot, applied: Sandbox, name: str) -> None:
    makes, expected = IGNORED[name]
    made = makes(applied)
    told = psbot("explain", at(made), AWS)
    assert told.exit_code == 0, told.output
    if not expected.startswith("item "):
        expected = f"item no {at(made)} {expected}"
    assert expected in stdout_text(told)


def test_copy_that_a_move_left_behind_is_ignored(psbot: Psbot, applied: Sandbox) -> None:
    left = item(applied, "kick-off")
    with applied.world.lock:
        target = applied.world.namespaces[INTERNAL]
        move_item(applied.world, applied.world.users["dora"], left, target)
    told = stdout_text(psbot("explain", at(left), AWS))
    assert (
        f"item no {SHARED}#{left.iid} is the copy that GitLab keeps after a move. psbot ignores it." in told
    )


def test_item_of_another_engagement_of_the_files_is_explained_as_that_ones(
    psbot: Psbot, applied: Sandbox, tmp_path: Path
) -> None:
    text = Path(AWS).read_text().replace("acme-sow-142", "acme-two").replace("SOW-2026-142", "SOW-2")
    other = tmp_path / "two.yml"
    other.write_text(text)
    assert psbot("apply", other).exit_code == 0
    theirs = next(
        each for each in applied.world.items.values() if "engagement=acme-two item=log" in each.description
    )
    assert "acme-two/log" in psbot("explain", at(theirs), AWS, other).stdout
    unknown = psbot("explain", at(theirs), AWS)
    assert (unknown.exit_code, "none of the engagement files has the key acme-two" in unknown.stderr) == (
        2,
        True,
    )
    mine = make(applied, "paul", SHARED, "Words")
    assert "has no marker and is not a child of any engagement's epic" in stdout_text(
        psbot("explain", at(mine), AWS, other)
    )


def test_text_from_gitlab_drives_no_terminal_and_no_markdown(psbot: Psbot, applied: Sandbox) -> None:
    evil = "\x1b[31mred @maria [x](http://evil) \u202eyes"
    made = make(applied, "ada", SHARED, title=evil)
    with applied.world.lock:
        update_item(
            applied.world, applied.world.users["maria"], item(applied, "kick-off"), ItemChange(title=evil)
        )
    for name in (at(made), "acme-sow-142/kick-off"):
        for form in ("text", "json", "markdown"):
            out = psbot("explain", name, AWS, "--format", form).stdout
            assert "red" in out
            assert not {"\x1b", "\u202e"} & set(out), form
        assert not re.search(r"(?<!\\)@maria", out), "Markdown mentions nobody"
        assert "[x](" not in out


# What cannot be explained


@pytest.mark.parametrize(
    ("name", "code", "complaint"),
    [
        ("acme sow", 2, "'acme sow' is not an item; write a URL, group&12"),
        (
            "acme-sow-142/nothing",
            2,
            "the process has no item nothing; item keys are action, assign-engineer, call",
        ),
        ("globex-sow-7/kick-off", 2, "none of the engagement files has the key globex-sow-7"),
        (
            "https://gitlab.example/acme/-/issues/1",
            2,
            "the URL is not that of an item on http://127.0.0.1",
        ),
        (f"{SHARED}#999", 3, f"GitLab shows no item 999 in {SHARED}; check the reference"),
    ],
)
def test_what_names_no_item_is_reported_with_what_to_do(
    psbot: Psbot, applied: Sandbox, name: str, code: int, complaint: str
) -> None:
    told = psbot("explain", name, AWS)
    assert (told.exit_code, complaint in told.stderr) == (code, True), told.output
    assert told.stdout == ""


def test_item_in_no_place_of_the_files_exits_with_2(psbot: Psbot, applied: Sandbox) -> None:
    with applied.world.lock:
        world = applied.world
        elsewhere = world.ensure_namespace("zoo/animals", is_group=False)
        world.add_member(
            elsewhere, world.users["psbot-bot"], next(iter(world.memberships.values())).access_level
        )
        world.add_member(elsewhere, world.users["paul"], next(iter(world.memberships.values())).access_level)
    told = psbot("explain", at(make(applied, "paul", "zoo/animals")), AWS)
    assert told.exit_code == 2
    assert "is in no project of the engagement files" in told.stderr


def test_gitlab_that_cannot_be_read_exits_with_3(
    psbot: Psbot, applied: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.cli.signals.StopRequest.wait", lambda *_: None)
    applied.gate.faults.add(Fault(FaultKind.NOT_JSON, FaultTiming.BEFORE, times=99))
    for name in ("acme-sow-142", f"{SHARED}#1"):
        told = psbot("explain", name, AWS)
        assert (told.exit_code, told.stdout, "Traceback" in told.stderr) == (3, "", False)


def test_broken_file_beside_the_one_that_counts_is_reported_and_exits_with_2(
    psbot: Psbot, applied: Sandbox, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("engagement: x\n")
    told = psbot("explain", "acme-sow-142", AWS, broken)
    assert told.exit_code == 2
    assert "phase setup since" in stdout_text(told)
    assert f"{broken}:1:1: customer: this key is missing" in told.stderr


# The workflow


def test_workflow_is_printed_offline_in_every_form() -> None:
    workflow = load_process(ROOT / "config").workflow
    printed = {
        form: CliRunner()
        .invoke(main, ["explain", "--workflow", "--format", form], env={"COLUMNS": "80"})
        .output
        for form in ("text", "json", "markdown")
    }
    text = " ".join(printed["text"].split())
    assert "setup → kick-off: welcome-email is done or skipped and the engagement file names" in text
    assert all(mermaid_diagram(workflow) in each for form, each in printed.items() if form != "json")
    data = json.loads(printed["json"])
    assert data["diagram"] == mermaid_diagram(workflow)
    assert len(data["transitions"]) == len(workflow.rules.transitions)
    page = (ROOT / "docs" / "workflow.md").read_text()
    assert page.partition("\n\n")[2] == printed["markdown"]


def test_explain_without_an_item_shows_what_to_name() -> None:
    ended = CliRunner().invoke(main, ["explain"])
    assert (ended.exit_code, "specify an ITEM, or use --workflow" in ended.stderr) == (2, True)
