"""The tour of ``psbot demo``: an engagement from its file to GitLab, people at work, and a changed file.

psbot runs as the commands a manager would run. People work through GitLab's REST API with their own tokens.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gitlab
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from psbot.core.model.process import Process
from psbot.core.text.escape import replace_control_characters
from psbot.errors import PsbotError
from psbot.resources import resource_folder

NOW = "2026-11-23T09:00+01:00"
_EXAMPLE = "acme-aws.yml"
_KICK_OFF_EDIT = ("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-08")
_AGREED_DUE_DATE = "2026-12-03"


@dataclass(frozen=True, slots=True)
class DemoEnvironment:
    """What the demo runs on: the server, psbot's token, people's tokens, and a folder for the file."""

    url: str
    token: str
    token_of: Callable[[str], str]
    folder: Path
    process: Process
    settings: Mapping[str, str]


class Demo:
    """The steps of the demo, printed to stdout."""

    def __init__(self, environment: DemoEnvironment) -> None:
        self.environment = environment
        self.file = environment.folder / _EXAMPLE
        self.console = Console(highlight=False, markup=False, emoji=False)

    def run(self) -> None:
        """Run all steps. Raises PsbotError if a command fails."""
        self.file.write_text(
            (resource_folder("examples") / _EXAMPLE).read_text(encoding="utf-8"), encoding="utf-8"
        )
        self._print_step("An engagement is one reviewed YAML file. Check it.")
        self._show_command("validate", _EXAMPLE)
        self._print_step("Preview what psbot would create in GitLab. Nothing is written yet.")
        self._show_command("plan", _EXAMPLE)
        self._print_step("Apply the plan.")
        self._show_command("apply", _EXAMPLE)
        items = self._print_items()
        self._print_step("Apply it again: everything is in place, so psbot writes nothing.")
        self._show_command("apply", _EXAMPLE)
        self._show_people_at_work(items)
        before, after = _KICK_OFF_EDIT
        self.file.write_text(self.file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
        self._print_step(f"The customer asks for a later start, so the manager edits the file: {after}")
        self._show_command("plan", _EXAMPLE)
        self._print_step(
            "The kick-off keeps its due date because a person set it. All other dates follow the file."
        )
        self._show_command("apply", _EXAMPLE)
        self._show_advance(items)
        self._show_command("status", _EXAMPLE)

    def _show_advance(self, items: Mapping[str, Mapping[str, Any]]) -> None:
        self._print_step(
            "maria sends the welcome e-mail and closes its issue. ada, the customer, closes the kick-off."
        )
        for username, key in (("maria", "welcome-email"), ("ada", "kick-off")):
            issue = self._issue(username, items[key])
            issue.state_event = "close"
            issue.save()
        self._print_step(
            "Advance the engagement, as the hourly schedule does. psbot accepts maria's change and ignores ada's."
        )
        self._show_command("advance", _EXAMPLE)
        self._print_step("Explain why the phase did not advance further.")
        self._show_command(
            "explain", json.loads(self._status_json())["engagements"][0]["engagement"], _EXAMPLE
        )

    def _show_people_at_work(self, items: Mapping[str, Mapping[str, Any]]) -> None:
        first, second = (
            self.environment.process.catalogue.title("state", each) for each in self._first_two_states()
        )
        self._print_step(
            f"People work in GitLab: paul checks two boxes in the kick-off, moves its card to {second}, "
            f"and agrees with the customer on {_AGREED_DUE_DATE} as its due date."
        )
        kick_off = self._issue("paul", items["kick-off"])
        kick_off.description = re.sub(
            r"^(\s*[-*] )\[ \]", r"\1[x]", kick_off.description, count=2, flags=re.M
        )
        kick_off.add_labels, kick_off.remove_labels = [second], [first]
        kick_off.due_date = _AGREED_DUE_DATE
        kick_off.save()

    def _first_two_states(self) -> tuple[str, str]:
        states = self.environment.process.workflow.states
        return states[0], states[1]

    def _issue(self, username: str, item: Mapping[str, Any]) -> Any:  # noqa: ANN401  python-gitlab's own type
        client = gitlab.Gitlab(self.environment.url, private_token=self.environment.token_of(username))
        project = client.projects.get(item["target"]["namespace"], lazy=True)
        return project.issues.get(item["target"]["iid"])

    def _print_items(self) -> dict[str, dict[str, Any]]:
        """Print the created items with links; return them by key."""
        (engagement,) = json.loads(self._status_json())["engagements"]
        tree = Tree(_title_with_link(f"{engagement['customer']}: {engagement['sow']}", engagement["url"]))
        for item in engagement["items"]:
            due = item["due_on"] or "no due date"
            tree.add(_title_with_link(f"{item['title']}  ({due}, {item['assignee']})", item["url"]))
        self.console.print(tree)
        self.console.print()
        return {item["marker"]: item for item in engagement["items"]}

    def _status_json(self) -> str:
        return self._run_psbot(["status", _EXAMPLE, "--format", "json"], subprocess.PIPE)

    def _print_step(self, text: str) -> None:
        self.console.print(Text(f"# {text}", style="bold cyan"))
        self.console.print()

    def _show_command(self, *arguments: str) -> None:
        self.console.print(Text(f"$ psbot {' '.join(arguments)}", style="bold"))
        self.console.file.flush()
        self._run_psbot(arguments)
        self.console.print()

    def _run_psbot(self, arguments: Sequence[str], output: int | None = None) -> str:
        """Run psbot in the demo's folder; return what it printed if *output* is a pipe."""
        done = subprocess.run(  # noqa: S603  psbot itself, with arguments from this module
            [sys.executable, "-m", "psbot", *arguments],
            cwd=self.environment.folder,
            env=self._process_environment(),
            check=False,
            stdout=output,
            text=True,
        )
        if done.returncode:
            raise PsbotError(
                f"the demo stopped: psbot {' '.join(arguments)} exited with code {done.returncode}"
            )
        return done.stdout

    def _process_environment(self) -> dict[str, str]:
        """Return the environment of this process with the sandbox in place of its GitLab."""
        gitlab_settings = ("PSBOT_", "CI_SERVER_URL", "GITLAB_TOKEN")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(gitlab_settings)}
        return kept | dict(self.environment.settings) | {
            "PSBOT_GITLAB_URL": self.environment.url, "PSBOT_TOKEN": self.environment.token, "PSBOT_NOW": NOW,
        }  # fmt: skip


def _title_with_link(title: str, url: str) -> Text:
    return Text.assemble(
        replace_control_characters(title), "\n", (replace_control_characters(url), "dim"), overflow="fold"
    )
