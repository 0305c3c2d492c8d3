"""An engagement in memory, with people who act on it and a log of who did what; it knows no rule of the workflow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from psbot.config.loader import load_process
from psbot.core.desired.build import build_desired
from psbot.core.desired.wrap_up import items_with_needed_history
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, LabelEvent, Notice, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import PostNotice
from psbot.core.model.process import Process
from psbot.core.model.work_item import Author
from psbot.core.model.workflow import OnIllegal
from psbot.core.notices.notice import parse_identity
from psbot.core.plan.plan import Plan, build_plan
from psbot.core.workflow.advance import advance, needed_reads
from psbot.engagements.loader import parse_engagement
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT
from tests.support.world import performed

PROCESS: Process = load_process(ROOT / "config")
RESTORING = replace(
    PROCESS,
    workflow=replace(PROCESS.workflow, rules=replace(PROCESS.workflow.rules, on_illegal=OnIllegal.RESTORE)),
)
TEMPLATES = TemplateLibrary(ROOT / "issue_templates")
BOT = Author("psbot-bot", is_machine=True)
CUSTOMER = "mallory"
MONDAY = datetime.fromisoformat("2026-11-23T09:00+01:00")


def example(name: str = "acme-aws", **changes: Any) -> Engagement:
    """Return one of the examples with some of its fields changed."""
    file = ROOT / "examples" / f"{name}.yml"
    engagement = parse_engagement(str(file), file.read_text(), PROCESS).engagement
    assert engagement is not None
    return replace(engagement, **changes)


@dataclass
class Desk:
    """One engagement in GitLab; ``now`` moves on with every deed, so that no two of them are at once."""

    engagement: Engagement = field(default_factory=example)
    now: datetime = MONDAY
    process: Process = PROCESS
    world: Snapshot = field(default_factory=Snapshot)
    labels: list[LabelEvent] = field(default_factory=list)
    states: list[StateEvent] = field(default_factory=list)
    notices: dict[str, Notice] = field(default_factory=dict)
    written: int = 0
    unreadable: frozenset[str] = frozenset()
    read: set[str] = field(default_factory=set)

    def on(self, day: str, at: str = "09:00") -> None:
        """Let it be another day."""
        self.now = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=self.engagement.zone)

    def item(self, key: str) -> Item:
        """Return an item as GitLab shows it."""
        return self.world.by_key()[key]

    def of(self, purpose: str, key: str) -> list[str]:
        """Return the values an item shows in a scope."""
        return self.process.catalogue.values(purpose, self.item(key).labels)

    @property
    def phase(self) -> str:
        """Return the one phase that the epic shows."""
        (value,) = self.of("phase", "epic")
        return value

    def title(self, purpose: str, value: str) -> str:
        """Return a label's title."""
        return self.process.catalogue.title(purpose, value)

    def apply(self) -> None:
        """Apply the engagement file."""
        histories = {key: self._history(key) for key in items_with_needed_history(self.world, self.process)}
        wanted = build_desired(
            self.engagement, self.process, self.now, TEMPLATES, self.world, histories=histories
        )
        self._perform(build_plan(self.engagement, wanted, self.world, self.process))

    def label(self, who: str, key: str, purpose: str, value: str, *, replacing: bool = True) -> None:
        """Let *who* put a label on an item; GitLab takes the other of its scope off, which REST can avoid."""
        self.put(who, key, self.title(purpose, value), replacing=replacing)

    def put(self, who: str, key: str, title: str, *, replacing: bool = True) -> None:
        """Let *who* put a label on an item by its title, which psbot may not know."""
        item, scope = self.item(key), title.rpartition("::")[0]
        gone = {each for each in item.labels if each.rpartition("::")[0] == scope} if replacing else set()
        self._relabelled(Author(who), item, {title}, gone - {title})

    def unlabel(self, who: str, key: str, purpose: str, value: str) -> None:
        """Let *who* take a label off an item."""
        self._relabelled(Author(who), self.item(key), set(), {self.title(purpose, value)})

    def close(self, who: str, key: str) -> None:
        """Let *who* close an item."""
        self._switched(Author(who), self.item(key), is_open=False)

    def reopen(self, who: str, key: str) -> None:
        """Let *who* open an item again."""
        self._switched(Author(who), self.item(key), is_open=True)

    def finish(self, who: str, *keys: str) -> None:
        """Let *who* say of items that they are done, and psbot take note."""
        for key in keys:
            self.label(who, key, "state", "done")
        self.advance()

    def edit(self, key: str, change: Callable[[str], str]) -> None:
        """Let somebody edit a description."""
        item = self.item(key)
        self.world = self.world.with_item(replace(item, description=change(item.description)))

    def facts(self) -> Facts:
        """Return what psbot knows after it has read what it needs, and nothing else."""
        facts = Facts(self.engagement, self.process, self.world, self.now)
        while True:
            asked = needed_reads(facts)
            if not asked.items and not asked.notices:
                return facts
            assert not asked.items & facts.histories.by_item.keys(), "asked twice"
            self.read |= asked.items
            histories = {**facts.histories.by_item, **{key: self._history(key) for key in asked.items}}
            notices = tuple(self.notices.values()) if asked.notices else facts.histories.notices
            facts = replace(facts, histories=Histories(histories, notices))

    def plan(self) -> Plan:
        """Return what psbot would do to move the engagement on."""
        return advance(self.facts(), TEMPLATES)

    def advance(self) -> Plan:
        """Let psbot move the engagement on."""
        made = self.plan()
        self._perform(made)
        return made

    def codes(self, made: Plan) -> set[str]:
        """Return the codes of the findings of a plan that are not the file's."""
        return {finding.code for finding in made.findings}

    def told(self) -> dict[str, str]:
        """Return the notices of the log by identity, the newest of each, without their first lines."""
        return {each.identity: each.body.partition("\n")[2].strip() for each in self.notices.values()}

    def _history(self, key: str) -> History | None:
        if key in self.unreadable:
            return None
        return History(
            tuple(each for each in self.labels if each.item == key),
            tuple(each for each in self.states if each.item == key),
        )

    def _perform(self, made: Plan) -> None:
        before = {(item.namespace, item.iid): item for item in self.world.items}
        self.world = performed(self.world, made.operations)
        for item in self.world.items:
            was_open = (old := before.get((item.namespace, item.iid))) is None or old.is_open
            if was_open and not item.is_open:
                self.world = self.world.with_item(replace(item, closed_at=self.now))
            old = before.get((item.namespace, item.iid))
            self._note(BOT, item, old.labels if old else frozenset(), is_open=old.is_open if old else True)
        for each in made.operations:
            if isinstance(each, PostNotice):
                self._write(each)

    def _write(self, post: PostNotice) -> None:
        """Put a notice on the log; whether it is one shows when it is read again, as in GitLab."""
        self.written += post.note_gid is None
        gid = post.note_gid or f"gid://gitlab/Note/{self.written}"
        if name := parse_identity(post.body):
            self.notices[gid] = Notice(name, post.body, gid)

    def _relabelled(self, who: Author, item: Item, add: Iterable[str], remove: Iterable[str]) -> None:
        self.now += timedelta(minutes=1)
        after = replace(item, labels=(item.labels - set(remove)) | set(add))
        self.world = self.world.with_item(after)
        self._note(who, after, item.labels, is_open=item.is_open)

    def _switched(self, who: Author, item: Item, *, is_open: bool) -> None:
        self.now += timedelta(minutes=1)
        self.world = self.world.with_item(
            replace(item, is_open=is_open, closed_at=None if is_open else self.now)
        )
        self._note(who, self.item(item.key), item.labels, is_open=item.is_open)

    def _note(self, who: Author, item: Item, before: frozenset[str], *, is_open: bool) -> None:
        for title in sorted(before - item.labels):
            self.labels.append(LabelEvent(item.key, title, False, who, self.now))
        for title in sorted(item.labels - before):
            self.labels.append(LabelEvent(item.key, title, True, who, self.now))
        if item.is_open != is_open:
            self.states.append(StateEvent(item.key, item.is_open, who, self.now))
