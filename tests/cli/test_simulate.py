"""``psbot simulate``: without a server or a token, with scripts and their mistakes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.core.model.process import Process
from psbot.errors import FileProblems
from psbot.parsing.yaml_document import parse_yaml
from psbot.simulation.script import parse_script
from tests.support.paths import ROOT

MINIMAL = ROOT / "examples" / "initech-minimal.yml"
AWS, PEOPLE = str(ROOT / "examples" / "acme-aws.yml"), str(ROOT / "examples" / "scripts" / "people.yml")


def psbot(*arguments: object) -> Result:
    environment = {"COLUMNS": "80", "PSBOT_TOKEN": "", "PSBOT_GITLAB_URL": ""}
    return CliRunner().invoke(main, list(map(str, arguments)), env=environment)


def test_example_script_is_simulated_with_reasons_at_80_columns() -> None:
    played = psbot("simulate", AWS, "--script", PEOPLE, "--days", "20")
    assert played.exit_code == 0, played.output
    assert max(map(len, played.stdout.splitlines())) <= 80
    said = " ".join(played.stdout.split())
    for words in (
        "2026-11-24 Tuesday maria welcome-email closes the item",
        "ada kick-off closes the item",
        "kick-off was closed by ada, who is not listed under `people:`; the change was ignored: new finding",
        "-ps-phase::kick-off +ps-phase::intake; kick-off is done",
        "20 days,",
        "phase: intake",
    ):
        assert words in said, words


def test_timeline_is_available_as_json() -> None:
    told = json.loads(psbot("simulate", AWS, "--days", "5", "--format", "json").stdout)
    assert told["phase"] == "kick-off"
    assert [day["on"] for day in told["days"]] == ["2026-11-16", "2026-11-18", "2026-11-19"]
    closing = [each for each in told["days"][-1]["happenings"] if each["who"] == "maria"]
    assert [(each["item"], each["what"]) for each in closing] == [("welcome-email", "closes the item")]


def test_all_mistakes_of_a_script_are_reported_at_once_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "people.yml"
    file.write_text(
        "deeds:\n"
        "  - {on: soon, who: maria, does: close kick-off}\n"
        "  - {on: 2026-12-01, who: maria, does: label kick-off, with: {state: finished}}\n"
        "  - {on: 2026-12-01, who: maria, does: dance kick-off}\n"
    )
    refused = psbot("simulate", AWS, "--script", file)
    assert refused.exit_code == 2
    for line in (2, 3, 4):
        assert f"people.yml:{line}:" in refused.stderr
    assert "labels.yml has no label finished for state" in refused.stderr


def test_simulation_without_a_script_finishes_and_omits_empty_days() -> None:
    played = psbot("simulate", MINIMAL)
    assert played.exit_code == 0, played.output
    assert played.stdout.splitlines()[-1].endswith("phase: completed")
    assert "2026-11-21 Saturday" not in played.stdout


def test_simulation_starts_on_the_given_day_and_is_available_as_markdown() -> None:
    played = psbot("simulate", MINIMAL, "--from", "2026-12-01", "--days", 2, "--format", "markdown")
    assert played.exit_code == 0, played.output
    assert "**2026-12-01**" in played.stdout
    assert '- psbot `kick-off`: creates "Kick-off: Initech"' in played.stdout


def test_simulate_reports_actions_that_were_not_reached(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("others: nothing\ndeeds:\n  - {on: 2026-12-24, who: maria, does: close kick-off}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 3)
    assert result.exit_code == 0
    assert "deeds.0 was not reached: maria, close kick-off" in result.stdout


def test_simulate_stops_at_an_edit_that_makes_the_file_invalid(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("deeds:\n  - {on: 2026-11-20, who: maria, does: edit file, with: {hosting: moon}}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 3)
    assert result.exit_code == 2
    assert "moon is not a valid value" in result.stderr
    assert "correct the edit in the script" in result.stderr


def test_simulate_reports_what_gitlab_refuses_to_a_customer(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("deeds:\n  - {on: 2026-11-20, who: ada, does: close welcome-email}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 2)
    assert result.exit_code == 0
    assert "cannot close the item: 403 Forbidden" in result.stdout


@pytest.mark.parametrize(
    ("deed", "column", "complaint"),
    [
        ("{on: soon, who: maria, does: close kick-off}", 10, "unknown date or item soon"),
        ("{on: 2026-02-30, who: maria, does: close kick-off}", 10, "2026-02-30 is not a valid date"),
        ("{on: kick-off, who: maria, does: finish kick-off}", 38, "unknown verb finish"),
        ("{on: kick-off, who: maria, does: close kickoff}", 38, "did you mean kick-off?"),
        ("{on: kick-off, who: maria, does: close}", 38, "the item after close is missing"),
        ("{on: kick-off, who: maria, does: edit kick-off}", 38, "write one of file"),
        ("{on: kick-off, who: maria, does: rest kick-off, with: 2026-12-01}", 38, "rest takes no item"),
        ("{on: kick-off, who: maria, does: close kick-off, with: x}", 60, "this verb takes no value"),
        ("{on: kick-off, who: maria, does: comment kick-off}", 5, "the text is missing"),
        ("{on: kick-off, who: maria, does: reschedule kick-off, with: x}", 65, "the date is missing"),
        ("{on: kick-off, who: maria, does: assign kick-off, with: x}", 61, "usernames are missing"),
        ("{on: kick-off, who: maria, does: label kick-off, with: {stat: done}}", 60, "did you mean state?"),
        ("{on: kick-off, who: maria, does: label kick-off, with: {state: don}}", 60, "did you mean done?"),
        ("{on: kick-off, who: maria, does: label kick-off}", 5, "the label is missing"),
        ("{on: kick-off, who: maria, does: unlabel kick-off, with: stat}", 62, "did you mean state?"),
        ("{on: kick-off, who: maria, does: open workshop, with: x}", 38, "unknown item workshop"),
        ("{on: kick-off, who: maria, does: edit file}", 5, "the changes are missing"),
        ("{on: kick-off, whom: maria, does: close kick-off}", 20, "did you mean who?"),
    ],
)
def test_invalid_script_is_refused_with_the_place(
    deed: str, column: int, complaint: str, process: Process
) -> None:
    with pytest.raises(FileProblems) as error:
        parse_script(parse_yaml("script.yml", f"deeds:\n  - {deed}\n"), process)
    shown = [(each.line, each.column, each.full_message) for each in error.value.problems]
    assert any(line == 2 and complaint in said for line, _, said in shown), shown
    assert column in [each[1] for each in shown], shown
