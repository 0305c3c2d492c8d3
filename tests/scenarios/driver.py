"""A story told to the product: files are applied over HTTP to a sandbox, and the sandbox is asked what is there."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import yaml

from psbot.apply.apply import WriteTools
from psbot.apply.preflight import check_machine
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Limits, Process
from psbot.core.plan.plan import Plan
from psbot.engagements.loader import parse_engagement
from psbot.errors import ExitCode, PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.report.stale import StaleRow
from psbot.runs.plans import Planner, plan_apply
from psbot.runs.reconcile import reconcile
from psbot.runs.stale import run
from psbot.runs.work import Reconciled, RunContext
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import token_of
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT

WORDS = TemplateLibrary(ROOT / "issue_templates")
TODAY = "2026-11-23"
ACME = "acme-sow-142"

Data = dict[str, Any]


def example(name: str) -> Data:
    """Return an example's file as data."""
    text = (ROOT / "examples" / f"{name}.yml").read_text(encoding="utf-8")
    found: Data = yaml.safe_load(text.replace(" on: ", ' "on": '))  # else YAML 1.1 reads the key as true
    return found


def changed(file: Data, changes: Mapping[str, Any]) -> Data:
    """Return *file* with *changes*: mappings are merged, None takes a key away."""
    merged = dict(file)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = changed(merged.get(key, {}), value)
        else:
            merged[key] = value
    return merged


@dataclass(frozen=True)
class Shown:
    """An item as the sandbox's dump has it."""

    data: Data

    def __getattr__(self, name: str) -> Any:
        if name not in self.data:
            raise AttributeError(name)
        return self.data[name]

    @property
    def is_open(self) -> bool:
        return bool(self.data["state"] == "opened")

    @property
    def place(self) -> str:
        return str(self.data["namespace"])

    @property
    def first_line(self) -> str:
        return str(self.data["description"]).partition("\n")[0]

    @property
    def words(self) -> str:
        return str(self.data["description"]).partition("\n")[2]

    @property
    def parent_title(self) -> str | None:
        return self.data["parent"][1] if self.data["parent"] else None

    @property
    def item_state(self) -> str:
        (state,) = (title for title in self.data["labels"] if title.startswith("ps-state::"))
        return str(state).removeprefix("ps-state::")


@dataclass
class Story:
    """One sandbox, the engagement file as it stands, and what the product said last."""

    sandbox: Sandbox
    process: Process
    file: Data = field(default_factory=dict)
    today: str = TODAY
    hour: str = "09:00+01:00"
    seconds: float = 0.0
    last: Reconciled | None = None

    # what happens

    def applied(
        self, name: str | None = None, *, on: str | None = None, by: str = "psbot-bot", **changes: Any
    ) -> Plan:
        """Apply the file, changed, and again; the second run must find nothing to do and write nothing."""
        self.written(name, on=on, **changes)
        first = self.run(by)
        assert first.exit_code is ExitCode.DONE, first
        before = self.state(), self.notifications()
        self.control("DELETE", "/requests")
        again = self.run(by)
        assert again.plan.is_empty, again.plan.operations
        assert self.requests()["writes"] == 0
        assert (self.state(), self.notifications()) == before
        self.last = first
        return first.plan

    def refused(
        self, name: str | None = None, *, on: str | None = None, by: str = "psbot-bot", **changes: Any
    ) -> PsbotError:
        """Apply the file, changed, and return why the product would not; it must not have written anything."""
        self.written(name, on=on, **changes)
        self.control("DELETE", "/requests")
        try:
            done = self.run(by)
        except PsbotError as error:
            assert self.requests()["writes"] == 0
            return error
        raise AssertionError(f"not refused: {done}")

    def written(self, name: str | None = None, *, on: str | None = None, **changes: Any) -> None:
        """Write the file: the example *name*, or the one that stands, changed; *on* is the day from then on."""
        self.file = changed(example(name) if name else self.file, changes)
        self.today = on or self.today
        self.control("POST", "/clock", now=self.now.isoformat())

    def run(
        self,
        by: str = "psbot-bot",
        approve: Callable[[Plan], None] = lambda _: None,
        planner: Planner = plan_apply,
    ) -> Reconciled:
        """Run the product once with the file as it stands, as the owner of *by*'s token."""
        limits = Limits()
        patience = WaitBudget(limits.rate_limit_seconds, self._wait)
        connection = Connection(Server(self.sandbox.url, token_of(by), connections=1, timeout=10), patience)
        tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), limits, lambda: self.seconds)
        try:
            work = RunContext(tools, self.process, WORDS, self.now, patience, planner=planner)
            return reconcile(self.engagement, work, approve)
        finally:
            connection.close()

    def looked_for_stale(
        self, *, on: str | None = None, hour: str | None = None, by: str = "psbot-bot", again: bool = True
    ) -> StaleRow:
        """Run psbot stale on a day, and again: the second run must find the same and write nothing."""
        self.hour = hour or self.hour
        self.written(on=on)
        first = self.run_stale(by)
        if again and first.error is None:
            before = self.state(), self.notifications()
            self.control("DELETE", "/requests")
            second = self.run_stale(by)
            assert self.requests()["writes"] == 0, [each.operation for each in second.receipts]
            assert (self.state(), self.notifications()) == before
        return first

    def run_stale(self, by: str = "psbot-bot", limits: Limits | None = None) -> StaleRow:
        """Run psbot stale once, as the owner of *by*'s token."""
        limits = limits or Limits()
        patience = WaitBudget(limits.rate_limit_seconds, self._wait)
        connection = Connection(Server(self.sandbox.url, token_of(by), connections=1, timeout=10), patience)
        tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), limits, lambda: self.seconds)
        try:
            work = RunContext(tools, self.process, WORDS, self.now, patience, check_author=check_machine)
            (result,) = run.run_stale(
                [self.engagement], work, run.StaleRunLimits(), lambda: connection.request_count
            )
            return StaleRow.of("engagement.yml", result)
        finally:
            connection.close()

    def _wait(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(f"{self.today}T{self.hour}")

    @property
    def engagement(self) -> Engagement:
        loaded = parse_engagement("engagement.yml", json.dumps(self.file, default=str), self.process)
        assert loaded.engagement is not None, loaded.error
        return loaded.engagement

    # what is there

    def control(self, method: str, path: str, **data: Any) -> Any:
        """Ask the sandbox's control."""
        answer = requests.request(
            method, f"{self.sandbox.url}/-/sandbox{path}", json=data or None, timeout=20
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def requests(self) -> Data:
        """Return the counts of what was asked of the sandbox since the last run began, or was forgotten."""
        summary: Data = self.control("GET", "/requests")["summary"]
        return summary

    def state(self) -> Data:
        """Return the whole state of the sandbox, without numbers and times."""
        state: Data = self.control("GET", "/state?events=1")
        return state

    def notifications(self) -> list[Data]:
        """Return whom GitLab would have told what, in order."""
        found: list[Data] = self.control("GET", "/notifications")
        return found

    @property
    def everything(self) -> list[Shown]:
        return [Shown(data) for data in self.state()["items"]]

    def items(self, key: str, of: str | None = None) -> list[Shown]:
        """Return the items whose first line is the marker of *key*, of the engagement that the file names."""
        marker = marker_of(key, of or self.file["engagement"])
        return [one for one in self.everything if marker.match(one.first_line)]

    def item(self, key: str, of: str | None = None) -> Shown:
        """Return the one item with the marker of *key*."""
        found = self.items(key, of)
        assert len(found) == 1, (key, [one.data for one in found])
        return found[0]

    def has(self, key: str, of: str | None = None) -> bool:
        """Tell whether there is an item with the marker of *key*."""
        return bool(self.items(key, of))

    def made(self, *, is_open: bool | None = None) -> set[str]:
        """Return the keys of the file's engagement that are there: all, or those that are open, or closed."""
        marker = marker_of("(?P<key>.+?)", self.file["engagement"])
        found = [(marker.match(one.first_line), one) for one in self.everything]
        return {match["key"] for match, one in found if match and is_open in (None, one.is_open)}

    def has_fixed_dates(self, group: str) -> bool:
        """Tell whether the one epic of *group* has dates of its own, not its children's."""
        headers = {"PRIVATE-TOKEN": token_of("root")}
        where = f"{self.sandbox.url}/api/v4/groups/{group.replace('/', '%2F')}/epics"
        (epic,) = requests.get(where, headers=headers, timeout=20).json()
        return bool(epic["start_date_is_fixed"] and epic["due_date_is_fixed"])

    # what the product said

    @property
    def plan(self) -> Plan:
        assert self.last is not None
        return self.last.plan

    @property
    def kept(self) -> set[tuple[str, str]]:
        return {(each.item, each.field) for each in self.plan.kept}

    @property
    def findings(self) -> set[tuple[str, str | None]]:
        return {(each.code, each.item) for each in self.plan.findings}

    @property
    def operations(self) -> list[tuple[str, str]]:
        return [
            (op.op, op.item.key)
            for op in self.plan.operations
            if op.op != "create-label" and hasattr(op, "item")
        ]


def marker_of(key: str, engagement: str) -> re.Pattern[str]:
    """Return the pattern of the first line that makes an item *key* of *engagement*."""
    return re.compile(rf"<!-- psbot: engagement={engagement} item={key}( [^ <>=]+=[^ <>]+)* -->$")
