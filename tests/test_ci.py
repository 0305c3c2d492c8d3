"""The pipeline of this repository: GitLab accepts its shape, and it runs what a desk runs."""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PIPELINE = ROOT / ".gitlab-ci.yml"


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Check *file* against the schema that check-jsonschema carries with it; no network."""
    program = Path(sys.executable).parent / "check-jsonschema"
    return subprocess.run(
        [program, "--builtin-schema", "vendor.gitlab-ci", file], capture_output=True, text=True, check=False
    )


def test_pipeline_has_the_shape_that_gitlab_documents() -> None:
    done = check(PIPELINE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schema_refuses_a_pipeline_when_a_job_runs_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "ci.yml"
    broken.write_text(PIPELINE.read_text().replace("script:", "scripts:"))
    assert check(broken).returncode == 1


def test_pipeline_runs_make_test_on_the_oldest_python_and_a_newer_one() -> None:
    job = yaml.safe_load(PIPELINE.read_text())["test"]
    assert job["script"] == ["make test"]
    assert job["image"] == "$PYTHON_IMAGE"
    assert job["parallel"]["matrix"] == [{"PYTHON_IMAGE": ["python:3.11", "python:3.13"]}]
