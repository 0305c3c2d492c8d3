"""``psbot simulate`` as people meet it: no server, no token, a script with mistakes in it."""

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


def test_examples_script_is_played_and_told_with_reasons_at_80_columns() -> None:
    played = psbot("simulate", AWS, "--script", PEOPLE, "--days", "20")
    assert played.exit_code == 0, played.output
    assert max(map(len, played.stdout.splitlines())) <= 80
    said = " ".join(played.stdout.replace("\\`", "`").split())
    for words in (
        "2026-11-24 Tuesday maria welcome-email closes it",
        "ada kick-off closes it",
        "kick-off was closed by ada, who is not listed under `people:`; the change was ignored.",
        "-ps-phase::kick-off +ps-phase::intake; kick-off is done",
        "20 days,",
        "the phase is intake",
    ):
        assert words in said, words


def test_timeline_is_data_too() -> None:
    told = json.loads(psbot("simulate", AWS, "--days", "5", "--format", "json").stdout)
    assert told["phase"] == "kick-off"
    assert [day["on"] for day in told["days"]] == ["2026-11-16", "2026-11-18", "2026-11-19"]
    closing = [each for each in told["days"][-1]["happenings"] if each["who"] == "maria"]
    assert [(each["item"], each["what"]) for each in closing] == [("welcome-email", "closes it")]


def test_all_mistakes_of_a_script_are_said_at_once_with_their_places(tmp_path: Path) -> None:
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


def test_a_life_without_a_script_comes_to_its_end_by_itself_and_quiet_days_are_left_out() -> None:
    played = psbot("simulate", MINIMAL)
    assert played.exit_code == 0, played.output
    assert played.stdout.splitlines()[-1].endswith("the phase is completed")
    assert "2026-11-21 Saturday" not in played.stdout


def test_a_life_begins_on_the_day_that_is_named_and_is_told_as_markdown_too() -> None:
    played = psbot("simulate", MINIMAL, "--from", "2026-12-01", "--days", 2, "--format", "markdown")
    assert played.exit_code == 0, played.output
    assert "**2026-12-01**" in played.stdout
    assert "- psbot `kick-off`: makes Kick-off: Initech" in played.stdout


def test_simulate_says_which_deeds_never_came(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("others: nothing\ndeeds:\n  - {on: 2026-12-24, who: maria, does: close kick-off}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 3)
    assert result.exit_code == 0
    assert "deeds.0: maria never came to close kick-off" in result.stdout


def test_simulate_stops_at_an_edit_that_makes_no_engagement_file(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("deeds:\n  - {on: 2026-11-20, who: maria, does: edit file, with: {hosting: moon}}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 3)
    assert result.exit_code == 2
    assert "moon is not a choice" in result.stderr
    assert "change the script" in result.stderr


def test_simulate_tells_what_gitlab_refuses_to_a_customer(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("deeds:\n  - {on: 2026-11-20, who: ada, does: close welcome-email}\n")
    result = psbot("simulate", MINIMAL, "--script", script, "--days", 2)
    assert result.exit_code == 0
    assert "may not close it: 403 Forbidden" in result.stdout


@pytest.mark.parametrize(
    ("deed", "column", "complaint"),
    [
        ("{on: soon, who: maria, does: close kick-off}", 10, "nothing is called soon"),
        ("{on: 2026-02-30, who: maria, does: close kick-off}", 10, "2026-02-30 is no day of the calendar"),
        ("{on: kick-off, who: maria, does: finish kick-off}", 38, "nobody can finish"),
        ("{on: kick-off, who: maria, does: close kickoff}", 38, "did you mean kick-off?"),
        ("{on: kick-off, who: maria, does: close}", 38, "close what?"),
        ("{on: kick-off, who: maria, does: edit kick-off}", 38, "write one of file"),
        ("{on: kick-off, who: maria, does: rest kick-off, with: 2026-12-01}", 38, "rest takes no item"),
        ("{on: kick-off, who: maria, does: close kick-off, with: x}", 60, "this verb takes nothing"),
        ("{on: kick-off, who: maria, does: comment kick-off}", 5, "a text is missing"),
        ("{on: kick-off, who: maria, does: reschedule kick-off, with: x}", 65, "a date is missing"),
        ("{on: kick-off, who: maria, does: assign kick-off, with: x}", 61, "usernames are missing"),
        ("{on: kick-off, who: maria, does: label kick-off, with: {stat: done}}", 60, "did you mean state?"),
        ("{on: kick-off, who: maria, does: label kick-off, with: {state: don}}", 60, "did you mean done?"),
        ("{on: kick-off, who: maria, does: label kick-off}", 5, "which label?"),
        ("{on: kick-off, who: maria, does: unlabel kick-off, with: stat}", 62, "did you mean state?"),
        ("{on: kick-off, who: maria, does: open workshop, with: x}", 38, "nothing is called workshop"),
        ("{on: kick-off, who: maria, does: edit file}", 5, "what changes?"),
        ("{on: kick-off, whom: maria, does: close kick-off}", 20, "did you mean who?"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_with_the_place(
    deed: str, column: int, complaint: str, process: Process
) -> None:
    with pytest.raises(FileProblems) as error:
        parse_script(parse_yaml("script.yml", f"deeds:\n  - {deed}\n"), process)
    shown = [(each.line, each.column, each.full_message) for each in error.value.problems]
    assert any(line == 2 and complaint in said for line, _, said in shown), shown
    assert column in [each[1] for each in shown], shown
