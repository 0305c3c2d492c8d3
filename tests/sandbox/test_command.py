"""``psbot sandbox`` as a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from psbot.cli import main
from psbot.errors import PsbotError
from psbot.sandbox.state.accounts import AccessLevel
from psbot.sandbox.state.seed import sandbox_world
from psbot.sandbox.state.seed_file import load_seed_file

PSBOT = str(Path(sys.executable).with_name("psbot"))


def test_command_prints_its_address_serves_pages_and_exits_0_on_sigterm() -> None:
    command = [PSBOT, "--now", "2026-11-23", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        people = [process.stdout.readline().split()[0] for _ in range(9)]
        answer = requests.get(
            f"{url}/api/v4/user", headers={"PRIVATE-TOKEN": "sandbox-token-maria"}, timeout=10
        )
        front = requests.get(url, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert answer.json()["username"] == "maria"
    assert "Groups and projects" in front.text
    assert people == ["root", "maria", "paul", "petra", "pia", "dora", "ada", "psbot-bot", "psbot-bot"]


def test_data_file_adds_projects_and_people(tmp_path: Path) -> None:
    file = tmp_path / "more.yml"
    file.write_text(
        "projects: [globex/delivery/project]\npeople: [{username: gina, name: Gina Glass}]\n"
        "members: [{place: globex/delivery, username: gina, role: maintainer}]\n"
    )
    world = sandbox_world()
    load_seed_file(world, file)
    place, gina = world.namespaces["globex/delivery"], world.users["gina"]
    assert place.is_group
    assert world.memberships[(place.namespace_id, gina.id)].access_level is AccessLevel.MAINTAINER
    assert world.tokens["sandbox-token-gina"].user is gina


@pytest.mark.parametrize(
    "text",
    [
        "people: [{name: x}]",
        "colour: red",
        "members: [{place: nowhere, username: maria, role: guest}]",
        "- a",
        "a: [",
    ],
)
def test_invalid_data_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yml"
    file.write_text(text)
    with pytest.raises(PsbotError, match=r"bad\.yml"):
        load_seed_file(sandbox_world(), file)


def test_command_says_what_to_install_when_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psbot.sandbox.server.serve", None)
    result = CliRunner().invoke(main, ["sandbox"])
    assert (result.exit_code, "psbot[sandbox]" in result.stderr) == (2, True)
