"""A text of each kind, applied to a GitLab that runs quick actions and notifies: nothing happens but what was planned."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from psbot.cli import main
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world, token_of
from tests.injection.corpus import CATEGORIES, CORPUS, Entry
from tests.injection.oracle import assert_quiet
from tests.injection.test_corpus import Quoted, taken, written

PLACES = [
    ("customer",), ("sow",), ("customer_contacts", 0, "name"), ("customer_contacts", 0, "role"), ("milestones", 0, "name"),
    ("intake", "licence_tier"), ("skip", "post-mortem"), ("amendments", 0, "reference"),
]  # fmt: skip
SAMPLE = [next(entry for entry in CORPUS if entry.category == category) for category in CATEGORIES]
# Those that GitLab acts on at once, whatever their category.
SAMPLE += [entry for entry in CORPUS if entry.text in ("@all", "@root", "#1", "&1", "Acme\n/close\n", "<!--\n/close\n-->", "acme/delivery#1")]  # fmt: skip


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.label) for each in dict.fromkeys(SAMPLE)])
def test_text_that_is_applied_runs_nothing_and_notifies_nobody_but_assignees(
    entry: Entry, tmp_path: Path
) -> None:
    data = written(entry.text, dict.fromkeys(PLACES, True), set())
    file = tmp_path / "acme.yml"
    file.write_text(yaml.dump(data, Dumper=Quoted, sort_keys=False, width=10_000))
    with running_sandbox(sandbox_world()) as sandbox:
        env = {
            "PSBOT_GITLAB_URL": sandbox.url,
            "PSBOT_TOKEN": token_of("psbot-bot"),
            "PSBOT_NOW": "2026-11-23T09:00+01:00",
        }
        made = CliRunner().invoke(main, ["apply", str(file)], env=env)
        assert made.exit_code == 0, made.output
        assert_quiet(made.output)
        world = sandbox.world
        assert {one.reason for one in world.notifications} <= {"assigned"}
        assert {one.username for one in world.notifications} <= {"maria", "paul"}
        for item in world.items.values():
            assert item.is_open
            assert not item.is_locked
            assert not item.confidential
            assert not item.timelogs
            assert all(label.title.startswith("ps-") for label in item.labels)
            assert {person.username for person in item.assignees} <= {"maria", "paul"}
            said = [note.body for note in item.notes if note.is_system and note.action == "cross_reference"]
            assert said == []
            assert len(re.findall("<!-- psbot: ", item.description)) == 1
        assert "nothing to do" in CliRunner().invoke(main, ["apply", str(file)], env=env).stdout
    assert taken(entry.text)
