"""``psbot doctor --probe``: asks first, ends with the code that says what was found, and cleans up after signals."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.doctor.probe import script
from psbot.errors import ExitCode
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.accounts import AccessLevel
from psbot.sandbox.state.seed import GROUP, token_of


@pytest.fixture(autouse=True)
def owner(sandbox: Sandbox) -> None:
    """The bot may delete what it creates."""
    world = sandbox.world
    world.add_member(world.namespaces["acme"], world.users["psbot-bot"], AccessLevel.OWNER)


def probe(sandbox: Sandbox, *words: str) -> Result:
    settings = {"PSBOT_TOKEN": token_of("psbot-bot"), "PSBOT_GITLAB_URL": sandbox.url}
    return CliRunner().invoke(main, ["doctor", "--probe", GROUP, *words], env=settings)


def test_probe_writes_nothing_without_consent(sandbox: Sandbox) -> None:
    result = probe(sandbox)
    assert (result.exit_code, sandbox.world.counters["work item"]) == (ExitCode.INPUT, 0)
    assert "needs your consent; add --yes; nothing was written" in " ".join(result.output.split())


def test_probe_prints_what_it_found_and_writes_the_report(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.doctor.probe.script._SECONDS", 0)  # the clock of the sandbox stands still
    file = tmp_path / "probe.md"
    result = probe(sandbox, "--yes", "--out", str(file))
    assert result.exit_code == ExitCode.FINDINGS, result.output
    assert "updated-at-moves-with-titles: the same as before" in " ".join(result.output.split())
    assert "1 not met" in result.output
    assert "| the same as before | not met |" in file.read_text(encoding="utf-8")
    assert GROUP not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.LIMIT)]
)
def test_probe_cleans_up_after_a_signal(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: ExitCode
) -> None:
    real = script._update

    def update(*args: Any) -> None:
        os.kill(os.getpid(), number)
        real(*args)

    monkeypatch.setattr(script, "_update", update)
    result = probe(sandbox, "--yes")
    assert result.exit_code == code, result.output
    assert sandbox.world.counters["work item"] > 0
    assert (sandbox.world.items, sandbox.world.labels) == ({}, {})


def test_probe_that_cannot_run_says_why(sandbox: Sandbox) -> None:
    settings = {"PSBOT_TOKEN": token_of("psbot-bot"), "PSBOT_GITLAB_URL": sandbox.url}
    result = CliRunner().invoke(main, ["doctor", "--probe", "nowhere", "--yes"], env=settings)
    assert result.exit_code == ExitCode.GITLAB
    assert result.output.startswith("psbot: ")
