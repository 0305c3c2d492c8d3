"""``psbot stale`` against the sandbox, as scheduled pipelines meet it."""

import json
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from psbot.cli import main
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = str(ROOT / "examples" / "acme-aws.yml")
MONDAY, NEXT_MONDAY = "2026-11-23T09:00+01:00", "2026-11-30T09:00+01:00"


@pytest.fixture
def psbot(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Psbot:
    for name in ("GITLAB_CI", "CI_NODE_INDEX", "CI_NODE_TOTAL"):
        monkeypatch.delenv(name, raising=False)
    return psbot_on(sandbox, now=NEXT_MONDAY, columns=100)


@pytest.fixture
def applied(psbot: Psbot, sandbox: Sandbox) -> Sandbox:
    """The AWS example, applied a week ago, its welcome e-mail overdue."""
    assert psbot("apply", AWS, now=MONDAY).exit_code == 0
    sandbox.gate.log.reset()
    sandbox.world.clock.set(datetime.fromisoformat(NEXT_MONDAY))
    return sandbox


def writes(sandbox: Sandbox) -> int:
    found = sum(entry.is_write for entry in sandbox.gate.log.entries)
    sandbox.gate.log.reset()
    return found


def test_findings_end_with_4_and_a_second_run_writes_nothing(psbot: Psbot, applied: Sandbox) -> None:
    first = psbot("stale", AWS)
    assert first.exit_code == 4, first.output
    assert "welcome-email: the due date has passed; 7 business days since 2026-11-19" in " ".join(
        first.stdout.split()
    )
    assert writes(applied) > 0
    again = psbot("stale", AWS)
    assert again.exit_code == 4
    assert writes(applied) == 0
    assert "\x1b" not in first.stdout


def test_no_stale_items_end_with_0(psbot: Psbot, applied: Sandbox) -> None:
    done = psbot("stale", AWS, now="2026-11-19T12:00+01:00")
    assert (done.exit_code, writes(applied)) == (0, 0)
    assert done.stdout == "1 engagement, 1 with nothing to report\n"


def test_preview_shows_what_would_be_done_and_writes_nothing(psbot: Psbot, applied: Sandbox) -> None:
    shown = psbot("stale", "--preview", "--format", "json", AWS)
    assert shown.exit_code == 0, shown.output
    (plan,) = json.loads(shown.stdout)["engagements"]
    assert {(op["op"], op["marker"]) for op in plan["operations"]} == {
        ("relabel", "welcome-email"),
        ("relabel", "log"),
        ("post-notice", "log"),
    }
    assert json.loads(shown.stdout)["cost"]["notes"] == 1
    assert writes(applied) == 0
    assert psbot("stale", "--preview", "--format", "junit", AWS).exit_code == 2


def test_json_markdown_and_junit_say_the_same(psbot: Psbot, applied: Sandbox) -> None:
    data = json.loads(psbot("stale", "--format", "json", AWS).stdout)
    (each,) = data["engagements"]
    found = {(one["policy"], one["marker"]) for one in each["findings"]}
    assert found == {("overdue", "welcome-email"), ("idle", "welcome-email")}
    assert data["summary"]["findings"] == 2
    markdown = psbot("stale", "--format", "markdown", AWS).stdout
    assert markdown.startswith("| engagement | findings |")
    suite = ElementTree.fromstring(psbot("stale", "--format", "junit", AWS).stdout)[0]
    assert suite.get("failures") == "2"
    cases = {case.get("name") for case in suite if case.find("failure") is not None}
    assert cases == {"welcome-email: overdue", "welcome-email: idle"}
    for case in suite:
        assert (case.findtext("failure") or "").strip(), "GitLab shows the text of the element"


def test_junit_file_is_written_besides_what_is_printed(
    psbot: Psbot, applied: Sandbox, tmp_path: Path
) -> None:
    told = tmp_path / "stale.xml"
    done = psbot("stale", "--junit", told, AWS)
    assert done.exit_code == 4
    assert "<testsuites" not in done.stdout
    assert "welcome-email" in done.stdout
    assert told.read_text() == psbot("stale", "--format", "junit", AWS).stdout
    assert psbot("stale", "--preview", "--junit", told, AWS).exit_code == 2


def test_job_log_has_one_collapsed_section_an_engagement(psbot: Psbot, applied: Sandbox) -> None:
    shown = psbot("stale", AWS, GITLAB_CI="true").stdout
    assert shown.count("section_start:") == shown.count("section_end:") == 1
    assert ":psbot_acme_sow_142[collapsed=true]\r\x1b[0Kacme-sow-142" in shown


def test_policies_are_listed_in_words_without_a_server() -> None:
    shown = CliRunner().invoke(main, ["stale", "--list-policies"], env={"PSBOT_TOKEN": ""})
    assert shown.exit_code == 0
    assert "customer-silent: any item in waiting-customer: stale from 5 business days after" in shown.stdout
    assert (
        "Notified: the assignee first, labelled stale; the manager after 5 more business days" in shown.stdout
    )


def test_limit_of_notes_ends_with_5(psbot: Psbot, applied: Sandbox) -> None:
    done = psbot("stale", "--max-notes", "0", AWS)
    assert (done.exit_code, writes(applied)) == (5, 0)
    assert "limit reached; the next run continues here" in done.stdout


def test_too_few_requests_end_with_5_and_report_what_was_left(psbot: Psbot, applied: Sandbox) -> None:
    done = psbot("stale", "--max-requests", "1", AWS)
    assert (done.exit_code, writes(applied)) == (5, 0)
    assert "stopped before acme-sow-142; run again" in done.stderr


@pytest.mark.parametrize("span", ["10", "ten minutes", "1d"])
def test_time_limit_needs_a_unit(psbot: Psbot, span: str) -> None:
    refused = psbot("stale", "--time-limit", span, AWS)
    assert refused.exit_code == 2
    assert "write it as 90s, 20m or 1h" in refused.stderr


def test_parallel_jobs_share_the_engagements(psbot: Psbot, applied: Sandbox) -> None:
    shares = [
        json.loads(psbot("stale", "--format", "json", AWS, CI_NODE_INDEX=index, CI_NODE_TOTAL="2").stdout)[
            "summary"
        ]["engagements"]
        for index in ("1", "2")
    ]
    assert sorted(shares) == [0, 1]
    assert psbot("stale", AWS, CI_NODE_INDEX="3", CI_NODE_TOTAL="2").exit_code == 2


def test_personal_token_writes_only_with_as_me(psbot: Psbot, applied: Sandbox) -> None:
    refused = psbot("stale", AWS, token="maria")
    assert (refused.exit_code, writes(applied)) == (3, 0)
    assert "the token belongs to maria, a person" in refused.stderr
    assert psbot("stale", "--as-me", AWS, token="maria").exit_code == 4
    assert writes(applied) > 0


def test_explain_shows_why_an_item_is_stale_or_not_with_the_dates(psbot: Psbot, applied: Sandbox) -> None:
    psbot("stale", AWS)
    shown = " ".join(psbot("explain", "acme-sow-142/welcome-email", AWS).stdout.split())
    assert "idle (idle): 5 business days from 2026-11-23 to 2026-11-30; stale from 5 on" in shown
    assert "overdue (overdue): 7 business days from 2026-11-19 to 2026-11-30; stale from 1 on" in shown
    assert "escalation step 1 notifies maria" in shown
    assert "flagged ps-attention::stale since 2026-11-30" in shown
    calm = " ".join(psbot("explain", "acme-sow-142/kick-off", AWS).stdout.split())
    assert "no staleness policy applies at present" in calm


def test_item_with_a_start_date_is_flagged_like_any_other(psbot: Psbot, applied: Sandbox) -> None:
    world = applied.world
    (item,) = (each for each in world.items.values() if "item=welcome-email " in each.description)
    maria = world.user("maria")
    assert maria
    update_item(world, maria, item, ItemChange(start_on=date(2026, 11, 18)))
    done = psbot("stale", AWS, now="2026-12-04T09:00+01:00")
    assert done.exit_code == 4, done.output
    assert "ps-attention::stale" in {label.title for label in item.labels}
