"""``psbot change-request`` against the sandbox: from a request at a terminal to an amendment that moves the dates."""

import json
import subprocess
from pathlib import Path

import pytest

from psbot.cli.commands import change_request
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import WorkItem
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"
MADE, LATER = "2026-11-23T09:00+01:00", "2026-12-10T09:00+01:00"
IMPACT = ("--timeline", "four weeks", "--scope", "a second site", "--quality", "none", "--budget", "40 hours")
GEO = (
    "--summary",
    "A second works: Zweitwerk [#12] @ada",
    "--hours",
    "+40",
    "--new-end",
    "2027-03-26",
    *IMPACT,
)


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, now=LATER, token="maria", sets_clock=True)


@pytest.fixture
def file(psbot: Psbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The AWS example in a repository of its own, applied; the name of the file is relative to its folder."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    written = Path("engagements/acme.yml")
    written.parent.mkdir()
    written.write_text(AWS.read_text(encoding="utf-8"), encoding="utf-8")
    assert psbot("apply", written, token="psbot-bot", now=MADE).exit_code == 0
    return written


def requests(sandbox: Sandbox) -> list[WorkItem]:
    return [each for each in sandbox.world.items.values() if " item=change-request/" in each.description]


def values(item: WorkItem) -> dict[str, str]:
    found = [label.title.removeprefix("ps-").split("::") for label in item.labels]
    return {scope: value for scope, value in found}


def labels(sandbox: Sandbox, who: str, item: WorkItem, title: str) -> None:
    (label,) = sandbox.world.labels_with_title(title)
    update_item(sandbox.world, sandbox.world.users[who], item, ItemChange(add_labels=(label,)))


def writes(sandbox: Sandbox) -> int:
    return sum(each.is_write for each in sandbox.gate.log.entries)


def test_preview_shows_the_request_and_why_and_writes_nothing(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    before = writes(sandbox)
    shown = psbot("change-request", "new", file, *GEO, "--preview", "--format", "json")
    ((operation,),) = [each["operations"] for each in json.loads(shown.stdout)["engagements"]]
    assert (operation["op"], operation["marker"]) == ("create-child", "change-request/1")
    assert operation["reason"].endswith("requires change-order (more budget is needed)")
    assert (shown.exit_code, writes(sandbox), requests(sandbox)) == (0, before, [])


def test_request_is_created_once_in_the_internal_project_with_its_answers(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    assert psbot("change-request", "new", file, *GEO).exit_code == 0
    again = psbot("change-request", "new", file, *GEO)
    assert (again.exit_code, "already requested: acme/delivery/internal#9" in again.output) == (0, True)
    (made,) = requests(sandbox)
    assert made.namespace.full_path == "acme/delivery/internal"
    assert (made.title, str(made.due_on)) == ("Change request 1: Acme Corp", "2026-12-17")
    assert [each.username for each in made.assignees] == ["paul"]
    assert values(made) == {"kind": "change-request", "state": "todo", "change": "draft"}
    assert "- Timeline: four weeks\n" in made.description
    assert not [each for each in sandbox.world.notifications if each.username == "ada"]
    other = psbot("change-request", "new", file, *GEO[:3], "41", *IMPACT)
    assert (other.exit_code, len(requests(sandbox))) == (0, 2)


def test_a_change_goes_from_the_request_to_the_amendment_and_the_dates_follow(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    assert psbot("change-request", "new", file, *GEO).exit_code == 0
    assert psbot("advance", file, token="psbot-bot").exit_code == 0
    (request,) = requests(sandbox)
    assert values(request) | {"change": "approval", "instrument": "change-order"} == values(request)
    listed = psbot("change-request", "list", file).stdout
    assert "change-request/1: approval, change-order" in listed
    assert "- end date: 2027-02-26 → 2027-03-26" in listed
    assert "- to be decided by maria" in listed

    labels(sandbox, "maria", request, "ps-change::approved")
    assert psbot("change-request", "amend", file).output == ""
    text = request.description.replace(
        "- Reference:\n- Signed on:", "- Reference: CO-1\n- Signed on: 2026-12-09"
    )
    update_item(sandbox.world, sandbox.world.users["paul"], request, ItemChange(description=text))
    told = psbot("advance", file, token="psbot-bot")
    assert "not yet in the engagement file: amendments: - {reference: CO-1" in " ".join(told.output.split())
    patch = psbot("change-request", "amend", file)
    assert patch.exit_code == 0
    subprocess.run(["git", "apply", "-"], input=patch.stdout, text=True, check=True)
    assert (
        "  - {reference: CO-1, signed_on: 2026-12-09, hours: 40, ends_on: 2027-03-26}\n" in file.read_text()
    )
    assert psbot("change-request", "amend", file).output == ""

    assert psbot("apply", file, token="psbot-bot").exit_code == 0
    assert psbot("advance", file, token="psbot-bot").exit_code == 0
    assert not request.is_open
    (summary,) = (
        each for each in sandbox.world.items.values() if " item=project-summary " in each.description
    )
    assert str(summary.due_on) == "2027-03-26"
    assert psbot("advance", file, token="psbot-bot").exit_code == 0
    before = writes(sandbox)
    psbot("advance", file, token="psbot-bot")
    assert writes(sandbox) == before
    (entry,) = json.loads(psbot("change-request", "list", file, "--format", "json").stdout)["engagements"]
    (shown,) = entry["change_requests"]
    assert (shown["change"], shown["open"], shown["decided_by"], shown["findings"]) == (
        "approved",
        False,
        "maria",
        [],
    )


def test_amend_writes_the_file_with_write(psbot: Psbot, sandbox: Sandbox, file: Path) -> None:
    psbot("change-request", "new", file, *GEO)
    psbot("advance", file, token="psbot-bot")
    (request,) = requests(sandbox)
    labels(sandbox, "maria", request, "ps-change::approved")
    text = request.description.replace("- Signed on:", "- Signed on: 2026-12-09")
    update_item(sandbox.world, sandbox.world.users["paul"], request, ItemChange(description=text))
    assert psbot("change-request", "amend", file, "--write").exit_code == 0
    assert "{reference: change-request/1, signed_on: 2026-12-09, hours: 40" in file.read_text()
    assert psbot("validate", file).exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "no summary given; use --summary"),
        (("--summary", " "), "no summary given; use --summary"),
        (("--summary", "x", "--hours", "many"), "many is not a number of hours"),
        (("--summary", "x", "--new-end", "soon"), "soon is not a date"),
        (("--summary", "x", "--new-contract", "free"), "free is neither fixed-fee nor time-and-materials"),
        (("--summary", "x", "--situation", "sad"), "sad is not among rewording, other-work"),
    ],
)
def test_what_cannot_be_read_opens_nothing(
    psbot: Psbot, sandbox: Sandbox, file: Path, given: tuple[str, ...], said: str
) -> None:
    ended = psbot("change-request", "new", file, *given)
    assert (ended.exit_code, said in " ".join(ended.stderr.split())) == (2, True)
    assert requests(sandbox) == []


def test_an_engagement_that_is_not_in_gitlab_has_no_change_requests(
    psbot: Psbot, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yml"
    file.write_text(AWS.read_text(encoding="utf-8"), encoding="utf-8")
    ended = psbot("change-request", "new", file, *GEO)
    assert (ended.exit_code, "run psbot apply on its file first" in ended.stderr) == (2, True)
    assert "no change request" in psbot("change-request", "list", file).stdout


def test_people_are_asked_for_what_they_have_not_said(
    psbot: Psbot, sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_request, "is_interactive", lambda: True)
    ended = psbot("change-request", "new", file, "--hours", "8", stdin="More users\n\n\noverrun\n\n\n\n\n")
    assert ended.exit_code == 0, ended.output
    assert "What changes and why: " in ended.stderr
    (made,) = requests(sandbox)
    assert "- Summary: More users\n- Hours: 8\n- New end date: none\n" in made.description
    assert "- Situation: overrun\n" in made.description
    assert "| Instrument | work-exception" in made.description


def test_list_reads_well_in_markdown_and_names_who_has_none(psbot: Psbot, file: Path) -> None:
    psbot("change-request", "new", file, *GEO)
    shown = psbot("change-request", "list", file, "--format", "markdown").stdout
    assert shown.startswith("### acme-sow-142\n\n- [Change request 1: Acme Corp](http")
    assert "  - hours: 160 → 200\n" in shown


def test_customer_sees_nothing_of_a_change_request(psbot: Psbot, sandbox: Sandbox, file: Path) -> None:
    psbot("change-request", "new", file, *GEO)
    psbot("advance", file, token="psbot-bot")
    seen = [
        f"{each.title} {each.description}"
        for each in sandbox.world.items.values()
        if each.namespace.full_path != "acme/delivery/internal"
    ]
    assert not [
        text for text in seen if "Zweitwerk" in text or "change-order" in text or "2027-03-26" in text
    ]
