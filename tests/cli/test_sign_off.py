"""``psbot sign-off`` against the sandbox, as the manager meets it."""

from pathlib import Path

import pytest

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import WorkItem
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"
MADE = "2026-11-23T09:00+01:00"
PROOF = "https://mail.acme.example/accept?id=7&part=a%20b#top"


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, now=MADE, token="maria", sets_clock=True)


@pytest.fixture
def file(psbot: Psbot, tmp_path: Path) -> Path:
    """The AWS example with one sign-off for all, applied a week before its kick-off."""
    written = tmp_path / "acme.yml"
    written.write_text(AWS.read_text(encoding="utf-8"), encoding="utf-8")
    assert psbot("apply", written, token="psbot-bot").exit_code == 0
    return written


@pytest.fixture
def several(psbot: Psbot, tmp_path: Path, file: Path) -> Path:
    """The same engagement with three milestones."""
    milestones = "\n".join(
        f"  - {{name: {name}, due: 2027-01-{day}}}"
        for name, day in (("Design", 15), ("Production ready", 22), ("Hand-over", 29))
    )
    written = tmp_path / "several.yml"
    written.write_text(file.read_text(encoding="utf-8") + f"\nmilestones:\n{milestones}\n", encoding="utf-8")
    assert psbot("apply", written, token="psbot-bot").exit_code == 0
    return written


def item(sandbox: Sandbox, key: str = "sign-off") -> WorkItem:
    (found,) = (each for each in sandbox.world.items.values() if f" item={key} " in each.description)
    return found


def value(sandbox: Sandbox, key: str = "sign-off") -> set[str]:
    titles = {label.title for label in item(sandbox, key).labels}
    return {title.removeprefix("ps-signoff::") for title in titles if title.startswith("ps-signoff::")}


def row(sandbox: Sandbox, name: str, key: str = "sign-off") -> str | None:
    """Return what the table of the sign-off says of *name*."""
    rows = [line.split("|") for line in item(sandbox, key).description.splitlines() if line.startswith("|")]
    return next((cells[2].strip() for cells in rows if cells[1].strip() == name), None)


def is_quiet(psbot: Psbot, sandbox: Sandbox, *arguments: object, now: str) -> bool:
    """Tell whether the command, apply and advance have nothing left to write."""
    file = arguments[1]
    psbot("apply", file, now=now, token="psbot-bot")  # what the day brings
    sandbox.gate.log.reset()
    for said in (
        psbot(*arguments, now=now),
        psbot("apply", file, now=now, token="psbot-bot"),
    ):
        assert said.exit_code == 0, said.output
    return not any(each.is_write for each in sandbox.gate.log.entries)


def test_request_that_was_sent_has_its_label_its_day_and_its_proof_once(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    told = ("sign-off", file, "--sent", "2026-11-30", "--proof", PROOF)
    assert psbot(*told, now="2026-12-01T10:00+01:00").exit_code == 0
    assert value(sandbox) == {"sent"}
    assert row(sandbox, "Request sent") == "2026-11-30"
    assert f"Proof: <{PROOF}>" in item(sandbox).description.splitlines()
    assert is_quiet(psbot, sandbox, *told, now="2026-12-01T11:00+01:00")


def test_words_of_people_stay(psbot: Psbot, sandbox: Sandbox, file: Path) -> None:
    text = item(sandbox).description + "\nAda asked for a paper copy.\n"
    with sandbox.world.lock:
        update_item(sandbox.world, sandbox.world.users["maria"], item(sandbox), ItemChange(description=text))
    assert psbot("sign-off", file, "--sent", "2026-11-23").exit_code == 0
    assert item(sandbox).description.endswith("\nAda asked for a paper copy.")


@pytest.mark.parametrize(
    ("answer", "name"),
    [("received", "Acceptance received"), ("objected", "Objection received, acceptance period stopped")],
)
def test_answer_follows_the_request(
    psbot: Psbot, sandbox: Sandbox, file: Path, answer: str, name: str
) -> None:
    psbot("sign-off", file, "--sent", "2026-11-23")
    told = ("sign-off", file, f"--{answer}", "2026-11-24")
    assert psbot(*told, now="2026-11-25T09:00+01:00").exit_code == 0
    assert value(sandbox) == {answer}
    assert (row(sandbox, "Request sent"), row(sandbox, name)) == ("2026-11-23", "2026-11-24")
    assert is_quiet(psbot, sandbox, *told, now="2026-11-26T09:00+01:00")
    assert is_quiet(psbot, sandbox, "sign-off", file, "--sent", "2026-11-23", now="2026-11-26T09:00+01:00"), (
        "the request is recorded already, and does not take its answer back"
    )


def test_objection_of_day_five_stops_the_clock_although_it_is_recorded_later(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    psbot("sign-off", file, "--sent", "2026-11-23")
    psbot("advance", file, now="2026-11-30T09:00+01:00", token="psbot-bot")
    assert value(sandbox) == {"passive"}
    assert row(sandbox, "Passively accepted at the end of") == "2026-11-27"
    late = psbot("sign-off", file, "--objected", "2026-11-28", now="2026-11-30T10:00+01:00")
    assert (late.exit_code, "too late: the acceptance period ended on 2026-11-27" in late.stderr) == (2, True)
    assert psbot("sign-off", file, "--objected", "2026-11-27", now="2026-11-30T10:00+01:00").exit_code == 0
    assert value(sandbox) == {"objected"}
    psbot("advance", file, now="2026-12-30T09:00+01:00", token="psbot-bot")
    assert value(sandbox) == {"objected"}


def test_request_after_an_objection_starts_a_new_clock_and_keeps_the_objection(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    psbot("sign-off", file, "--sent", "2026-11-23")
    psbot("sign-off", file, "--objected", "2026-11-25", now="2026-11-25T09:00+01:00")
    refused = psbot("sign-off", file, "--sent", "2026-11-24", now="2026-11-30T09:00+01:00")
    assert (refused.exit_code, "the customer objected on 2026-11-25" in refused.stderr) == (2, True)
    assert psbot("sign-off", file, "--sent", "2026-11-30", now="2026-11-30T09:00+01:00").exit_code == 0
    assert value(sandbox) == {"sent"}
    assert row(sandbox, "Objection received") == "2026-11-25, to the request sent on 2026-11-23"
    psbot("advance", file, now="2026-12-04T23:00+01:00", token="psbot-bot")
    assert value(sandbox) == {"sent"}
    psbot("advance", file, now="2026-12-05T00:10+01:00", token="psbot-bot")
    assert value(sandbox) == {"passive"}


REFUSED = [
    pytest.param(["--sent", "2026-12-02"], "in the future", id="future"),
    pytest.param(["--sent", "2026-11-22"], "sign-off was created on 2026-11-23", id="before the item"),
    pytest.param(["--sent", "2026-11-27", "--received", "2026-11-26"], ": it was sent on 2026-11-27", id="order"),
    pytest.param(["--objected", "2026-11-27"], "sign-off was not sent yet", id="objection to nothing"),
    pytest.param(["--sent", "2026-11-27", "--milestone", "Design"], "no milestone 'Design'", id="no milestone"),
    pytest.param([], "use --sent, --received or --objected", id="nothing"),
    pytest.param(["--sent", "27.11.2026"], "is not a date", id="no date"),
    pytest.param(["--sent", "2026-11-27", "--proof", "javascript:alert(1)"], "is not a URL", id="no address"),
    pytest.param(["--received", "2026-11-27", "--objected", "2026-11-27"], "use --received or --objected", id="both"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_so_is_refused_in_a_sentence_and_nothing_is_written(
    psbot: Psbot, sandbox: Sandbox, file: Path, arguments: list[str], said: str
) -> None:
    sandbox.gate.log.reset()
    refused = psbot("sign-off", file, *arguments, now="2026-12-01T09:00+01:00")
    assert (refused.exit_code, said in refused.stderr) == (2, True), refused.stderr
    assert not any(each.is_write for each in sandbox.gate.log.entries)


def test_several_sign_offs_are_selected_by_milestone(psbot: Psbot, sandbox: Sandbox, several: Path) -> None:
    refused = psbot("sign-off", several, "--sent", "2026-11-23")
    assert refused.exit_code == 2
    assert all(name in refused.stderr for name in ("'Design'", "'Production ready'", "'Hand-over'"))
    told = ("sign-off", several, "--sent", "2026-11-23", "--milestone", "Production ready")
    assert psbot(*told).exit_code == 0
    assert [value(sandbox, f"sign-off/{key}") for key in ("design", "production-ready", "hand-over")] == [
        set(),
        {"sent"},
        set(),
    ]


def test_preview_shows_what_would_be_written_and_writes_nothing(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    sandbox.gate.log.reset()
    shown = psbot("sign-off", file, "--sent", "2026-11-23", "--preview")
    assert (shown.exit_code, "ps-signoff::sent" in shown.stdout) == (0, True)
    assert not any(each.is_write for each in sandbox.gate.log.entries)


def test_somebody_who_is_not_of_the_engagement_records_nothing(
    psbot: Psbot, sandbox: Sandbox, file: Path
) -> None:
    refused = psbot("sign-off", file, "--sent", "2026-11-23", token="root")
    assert refused.exit_code == 3
    assert value(sandbox) == set()
