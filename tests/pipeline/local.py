"""gitlab-ci-local, which runs a repository's pipeline in shells of this machine."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.repository import GIT

NEEDED = ("node", "rsync", "git", "bash")


def program() -> str | None:
    """Return gitlab-ci-local; None where it is not installed."""
    own = ROOT / "build" / "pipeline" / "node_modules" / ".bin" / "gitlab-ci-local"
    return str(own) if own.exists() else shutil.which("gitlab-ci-local")


def lack() -> str:
    """Say what is missing to run pipelines here; empty where nothing is."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    return "" if program() else "gitlab-ci-local is not installed: make pipeline-tools"


@dataclass(frozen=True)
class Ran:
    """What became of a pipeline: exit code, what it printed, and the jobs that passed, were yellow, or failed."""

    code: int
    said: str

    def ended(self, word: str) -> list[str]:
        return sorted(re.findall(rf"^ {word}\s+(psbot-[a-z]+)", self.said, re.MULTILINE))

    @property
    def passed(self) -> list[str]:
        return self.ended("PASS")

    @property
    def yellow(self) -> list[str]:
        return self.ended("WARN")

    @property
    def failed(self) -> list[str]:
        return self.ended("FAIL")


def run(folder: Path, programs: Path, variables: dict[str, str], *jobs: str) -> Ran:
    """Run the pipeline of *folder*, or *jobs* of it, with *variables* and the psbot in *programs*."""
    found = program()
    assert found
    given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    quiet = ("--ignore-predefined-vars", ",".join(variables), "--color=false", "--no-json-schema-validation")
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CI", "GITLAB", "PSBOT", "PYTHON"))
    }
    env = clean | GIT | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder.parent)}
    done = subprocess.run(
        [found, "--force-shell-executor", *quiet, *given, *jobs],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout)
