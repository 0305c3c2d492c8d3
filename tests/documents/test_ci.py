"""The pipelines of this repository and of engagements repositories: their shape, and what they may do."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from docs.generate import commands
from psbot.cli import main
from tests.support.paths import ROOT

PIPELINE = ROOT / ".gitlab-ci.yml"
COMPONENT = ROOT / "templates" / "psbot.yml"
STARTER = ROOT / "starter" / ".gitlab-ci.yml"

SPEC, _JOBS = COMPONENT.read_text().split("\n---\n")
INPUTS: dict[str, dict[str, Any]] = yaml.safe_load(SPEC)["spec"]["inputs"]
# Jobs in a merge request's pipeline, and in others: nothing runs in both.
PROPOSING = ("psbot-validate", "psbot-plan")


def component(**chosen: object) -> str:
    """The component's jobs with its inputs filled in, as GitLab does it."""
    text = _JOBS
    for name, each in INPUTS.items():
        value = chosen.get(name.replace("-", "_"), each["default"])
        text = text.replace(
            f"$[[ inputs.{name} ]]", str(value).lower() if isinstance(value, bool) else str(value)
        )
    assert "$[[" not in text
    return text


JOBS: dict[str, dict[str, Any]] = yaml.safe_load(component())


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Check *file* against the schema that check-jsonschema carries with it; no network."""
    program = Path(sys.executable).parent / "check-jsonschema"
    return subprocess.run(
        [program, "--builtin-schema", "vendor.gitlab-ci", file], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("file", [PIPELINE, STARTER])
def test_pipeline_has_the_shape_that_gitlab_documents(file: Path) -> None:
    done = check(file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("chosen", [{}, {"stale_shards": 5, "package": "psbot==0.1.0", "plan": False}])
def test_component_has_the_shape_that_gitlab_documents(chosen: dict[str, object], tmp_path: Path) -> None:
    file = tmp_path / "component.yml"
    file.write_text(component(**chosen))
    done = check(file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", [PIPELINE.read_text(), component()])
def test_schema_refuses_a_pipeline_when_a_job_runs_nothing(text: str, tmp_path: Path) -> None:
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace("script:", "scripts:"))
    assert check(broken).returncode == 1


def test_pipeline_runs_make_test_on_the_oldest_python_and_a_newer_one() -> None:
    job = yaml.safe_load(PIPELINE.read_text())["test"]
    assert job["script"] == ["make test"]
    assert job["image"] == "$PYTHON_IMAGE"
    assert job["parallel"]["matrix"] == [{"PYTHON_IMAGE": ["python:3.11", "python:3.13"]}]


def test_every_case_is_played_at_night() -> None:
    job = yaml.safe_load(PIPELINE.read_text())["soak"]
    assert job["script"] == ["make soak"]
    assert job["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    (recipe,) = re.findall(r"^soak:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "--all-cases --fresh-answers tests/resilience tests/injection" in recipe


@pytest.mark.parametrize("file", [PIPELINE, STARTER])
def test_pipelines_use_inputs_that_the_component_has(file: Path) -> None:
    (included,) = yaml.safe_load(file.read_text())["include"]
    assert set(included["inputs"]) <= set(INPUTS)


def test_this_repository_writes_nothing_to_a_gitlab() -> None:
    (included,) = yaml.safe_load(PIPELINE.read_text())["include"]
    chosen = {name: spec["default"] for name, spec in INPUTS.items()} | included["inputs"]
    assert [name for name in ("apply", "advance", "stale") if chosen[name]] == []


def test_every_input_has_a_description_and_a_default_and_stands_in_the_documentation() -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text()
    for name, spec in INPUTS.items():
        assert spec["description"].endswith(".")
        assert "default" in spec, f"without a default, {name} would break automatic pipelines"
        default = spec["default"]
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert f"| `{name}` | {f'`{shown}`' if shown else 'empty'} | {spec['description']} |" in page


def psbot_lines() -> list[tuple[str, list[str]]]:
    return [
        (name, shlex.split(line.partition(">")[0]))
        for name, job in JOBS.items()
        for line in job.get("script", ())
        if line.startswith("psbot ")
    ]


@pytest.mark.parametrize(("job", "words"), psbot_lines())
def test_jobs_use_commands_and_options_that_exist(job: str, words: list[str]) -> None:
    known = dict(commands(main, "psbot"))
    name = " ".join(words[:2])
    command = known[name]
    options = {
        each for parameter in command.params if isinstance(parameter, click.Option) for each in parameter.opts
    }
    used = [word for word in words[2 : words.index("--")] if word.startswith("--")]
    assert [word for word in used if word not in options] == []


def switched_on(job: str) -> str:
    """The input that asks for *job*, by its first rule."""
    first = JOBS[job]["rules"][0]
    assert first["when"] == "never"
    match = re.search(rf'{job}:\n.*?- if: \'"\$\[\[ inputs\.([a-z]+) \]\]" != "true"\'', _JOBS, re.DOTALL)
    assert match
    return match[1]


def test_every_job_runs_only_when_the_repository_asks_for_it() -> None:
    named = [name for name in JOBS if not name.startswith(".")]
    assert [switched_on(name) for name in named] == [name.removeprefix("psbot-") for name in named]


def test_jobs_that_write_take_turns_and_do_not_fail_for_findings_and_limits() -> None:
    common = JOBS[".psbot-writes"]
    assert common["allow_failure"] == {"exit_codes": [4, 5]}
    assert common["retry"] == {"max": 2, "exit_codes": [5]}
    for name in ("psbot-apply", "psbot-advance"):
        assert JOBS[name]["extends"] == ".psbot-writes"
        assert (JOBS[name] | common)["resource_group"] == "psbot"


def test_jobs_that_write_run_on_the_default_branch_alone() -> None:
    for name in ("psbot-apply", "psbot-advance", "psbot-stale", "psbot-doctor"):
        for rule in JOBS[name]["rules"][1:]:
            assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"], name
            assert "||" not in rule["if"], name
            assert "merge_request_event" not in rule["if"], name


def test_jobs_of_a_merge_request_have_no_use_for_the_api_token() -> None:
    before = "\n".join(JOBS[".psbot"]["before_script"])
    unset = before.index("unset PSBOT_TOKEN GITLAB_TOKEN")
    assert unset < before.index("python3")
    for name in PROPOSING:
        assert "before_script" not in JOBS[name]
        assert not re.search(r"PSBOT_TOKEN|GITLAB_TOKEN", "\n".join(JOBS[name]["script"]))
    assert JOBS["psbot-validate"]["script"][0] == "unset PSBOT_READ_TOKEN PSBOT_NOTE_TOKEN"


def test_plan_is_not_for_forks() -> None:
    (rule,) = JOBS["psbot-plan"]["rules"][1:]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in rule["if"]
    (rule,) = JOBS["psbot-validate"]["rules"][1:]
    assert "SOURCE_PROJECT" not in rule["if"]


def test_what_is_installed_lies_outside_of_the_clone() -> None:
    before = "\n".join(JOBS[".psbot"]["before_script"])
    assert 'PSBOT_CI_HOME="$(mktemp -d)"' in before
    assert re.findall(r"python3 \S+", before) == ["python3 -I"]
