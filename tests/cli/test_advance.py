"""``psbot advance`` against the sandbox, as people and pipelines meet it."""

import json

import pytest
from jsonschema import Draft202012Validator

from psbot.report.plan_json import PLAN_SCHEMA
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.rules.notes import update_note
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.model import Note, WorkItem
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = str(ROOT / "examples" / "acme-aws.yml")
MONDAY = "2026-11-23T09:00+01:00"


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, now=MONDAY)


@pytest.fixture
def applied(psbot: Psbot, sandbox: Sandbox) -> Sandbox:
    """The AWS example, applied a week before its kick-off."""
    assert psbot("apply", AWS).exit_code == 0
    sandbox.gate.log.reset()
    return sandbox


def item(sandbox: Sandbox, key: str) -> WorkItem:
    (found,) = (each for each in sandbox.world.items.values() if f" item={key} " in each.description)
    return found


def close(sandbox: Sandbox, by: str, key: str) -> None:
    with sandbox.world.lock:
        update_item(sandbox.world, sandbox.world.users[by], item(sandbox, key), ItemChange(is_open=False))


def labels(sandbox: Sandbox, key: str) -> set[str]:
    return {each.title for each in item(sandbox, key).labels}


def notes(sandbox: Sandbox, key: str) -> list[Note]:
    log = item(sandbox, key)
    return [each for each in sandbox.world.notes.values() if each.item is log and not each.is_system]


def writes(sandbox: Sandbox) -> int:
    return sum(each.is_write for each in sandbox.gate.log.entries)


def test_nothing_is_written_where_nothing_has_happened(psbot: Psbot, applied: Sandbox) -> None:
    quiet = psbot("advance", AWS)
    assert (quiet.exit_code, "nothing to do" in quiet.stdout) == (0, True)
    assert (len(applied.gate.log.entries), writes(applied)) == (3, 0)


def test_closed_item_moves_the_phase_once_and_apply_has_nothing_against_it(
    psbot: Psbot, applied: Sandbox
) -> None:
    close(applied, "maria", "welcome-email")
    moved = psbot("advance", AWS)
    assert moved.exit_code == 0, moved.output
    assert "welcome-email is closed, by maria" in " ".join(moved.stdout.split())
    assert "ps-phase::kick-off" in labels(applied, "epic")
    assert "ps-state::done" in labels(applied, "welcome-email")
    applied.gate.log.reset()
    assert "nothing to do" in psbot("advance", AWS).stdout
    assert "nothing to do" in psbot("apply", AWS).stdout
    assert writes(applied) == 0


def test_preview_is_what_is_then_done_and_writes_nothing(psbot: Psbot, applied: Sandbox) -> None:
    close(applied, "maria", "welcome-email")
    preview = json.loads(psbot("advance", AWS, "--preview", "--format", "json").stdout)
    Draft202012Validator(PLAN_SCHEMA).validate(preview)
    assert writes(applied) == 0
    done = json.loads(psbot("advance", AWS, "--format", "json").stdout)
    made, planned = done["engagements"][0]["receipts"], preview["engagements"][0]["operations"]
    assert sorted((each["op"], each["marker"]) for each in made) == [
        (each["op"], each["marker"])
        for each in sorted(planned, key=lambda each: (each["op"], each["marker"]))
    ]


def test_click_of_the_customer_opens_nothing_and_is_reported_once_in_the_log(
    psbot: Psbot, applied: Sandbox
) -> None:
    close(applied, "maria", "welcome-email")
    close(applied, "ada", "kick-off")
    found = psbot("advance", AWS, "--exit-code")
    assert found.exit_code == 4
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "warning kick-off was closed by ada, who is not listed under `people:`" in " ".join(
        found.stdout.split()
    )
    assert "ps-phase::kick-off" in labels(applied, "epic"), "the customer has moved nothing"
    for _ in range(2):
        psbot("advance", AWS)
    (notice,) = notes(applied, "log")
    assert notice.body.startswith(
        "<!-- psbot notice: unauthorized-change:kick-off -->\nkick-off was closed by ada"
    )
    with applied.world.lock:
        maria = applied.world.users["maria"]
        update_item(applied.world, maria, item(applied, "kick-off"), ItemChange(is_open=True))
        update_item(applied.world, maria, item(applied, "kick-off"), ItemChange(is_open=False))
    psbot("advance", AWS)
    (notice,) = notes(applied, "log")
    assert "\nResolved: kick-off was closed by ada" in notice.body
    assert "ps-phase::intake" in labels(applied, "epic")
    applied.gate.log.reset()
    psbot("advance", AWS)
    assert writes(applied) == 0


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_unauthorized_change_is_reported_in_every_format(psbot: Psbot, applied: Sandbox, form: str) -> None:
    close(applied, "maria", "welcome-email")
    close(applied, "ada", "kick-off")
    for _ in range(2):
        told = psbot("advance", AWS, "--format", form).stdout
        assert "kick-off was closed by ada, who is not listed under `people:`" in " ".join(
            told.replace("\\`", "`").split()
        )


def test_words_that_a_person_put_into_a_notice_stay(psbot: Psbot, applied: Sandbox) -> None:
    close(applied, "maria", "welcome-email")
    close(applied, "ada", "kick-off")
    psbot("advance", AWS)
    (notice,) = notes(applied, "log")
    with applied.world.lock:
        update_note(applied.world, applied.world.users["psbot-bot"], notice, f"{notice.body}\nPaul asks Ada.")
        notice.last_edited_by = applied.world.users["maria"]
    psbot("advance", AWS)
    (notice,) = notes(applied, "log")
    assert notice.body.endswith("\nPaul asks Ada.")


def test_what_has_become_due_is_made(psbot: Psbot, applied: Sandbox) -> None:
    made = psbot("advance", AWS, now="2026-12-03T09:00+01:00")
    assert made.exit_code == 0
    keys = {"call/2026-12-08", "call/2026-12-15", "standup/2026-W51"}
    assert all(
        f" item={key} " in "".join(each.description for each in applied.world.items.values()) for key in keys
    )
    assert psbot("plan", AWS, "--exit-code", now="2026-12-03T09:00+01:00").exit_code == 0


def test_nothing_is_said_of_an_engagement_in_which_nothing_has_moved_since(
    psbot: Psbot, applied: Sandbox
) -> None:
    quiet = psbot("advance", AWS, "--since", "2h", now="2026-11-23T19:00+01:00")
    assert (quiet.exit_code, writes(applied)) == (0, 0)
    assert "nothing to do" in quiet.stdout
    assert "no epic" not in quiet.stdout


def test_personal_token_writes_only_with_as_me(psbot: Psbot, applied: Sandbox) -> None:
    close(applied, "maria", "welcome-email")
    refused = psbot("advance", AWS, token="maria")
    assert (refused.exit_code, writes(applied)) == (3, 0)
    assert "the token belongs to maria, a person" in refused.stderr
    assert "--as-me" in refused.stderr
    assert psbot("advance", AWS, "--as-me", token="maria").exit_code == 0
    assert "ps-phase::kick-off" in labels(applied, "epic")


def test_engagement_that_was_never_applied_is_left_alone(psbot: Psbot, sandbox: Sandbox) -> None:
    found = psbot("advance", AWS)
    assert found.exit_code == 0
    assert "no epic yet; run `psbot apply` first" in " ".join(found.stdout.split())
    assert writes(sandbox) == 0


def test_engagement_that_is_over_is_left_alone(psbot: Psbot, applied: Sandbox) -> None:
    world = applied.world
    with world.lock:
        epic = item(applied, "epic")
        cancelled = world.find_label(epic.namespace, "ps-phase::cancelled")
        assert cancelled
        update_item(world, world.users["maria"], epic, ItemChange(add_labels=(cancelled,)))
    psbot("advance", AWS)
    close(applied, "maria", "welcome-email")
    applied.gate.log.reset()
    left = psbot("advance", AWS, now="2026-12-03T09:00+01:00")
    assert "the engagement is cancelled; psbot no longer changes it" in " ".join(left.stdout.split())
    assert writes(applied) == 0
