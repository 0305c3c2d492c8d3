"""``psbot simulate`` as people meet it: no server, no token, a script with mistakes in it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from psbot.cli import main

ROOT = Path(__file__).parent.parent.parent
AWS, PEOPLE = str(ROOT / "examples" / "acme-aws.yml"), str(ROOT / "examples" / "scripts" / "people.yml")


def psbot(*arguments: object) -> Result:
    environment = {"COLUMNS": "80", "PSBOT_TOKEN": "", "PSBOT_GITLAB_URL": ""}
    return CliRunner().invoke(main, list(map(str, arguments)), env=environment)


def test_examples_script_is_played_and_told_with_reasons_at_80_columns() -> None:
    played = psbot("simulate", AWS, "--script", PEOPLE, "--days", "20")
    assert played.exit_code == 0, played.output
    assert max(map(len, played.stdout.splitlines())) <= 80
    said = " ".join(played.stdout.split())
    for words in (
        "2026-11-24 Tuesday maria welcome-email closes it",
        "ada kick-off closes it",
        "kick-off is closed, but by ada, who is not in people:, so it does not count",
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
