"""Every text of the corpus in items that psbot reads back: no item is confused, and what psbot prints is clean."""

from dataclasses import replace
from functools import cache

from psbot.apply.apply import WriteTools
from psbot.config.loader import load_process
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding
from psbot.core.model.process import Limits
from psbot.core.model.work_item import WorkItem
from psbot.core.plan.plan import Plan
from psbot.core.status import build_status
from psbot.core.text.escape import replace_control_characters
from psbot.gitlab.ports import Reader
from psbot.gitlab.wait_budget import WaitBudget
from psbot.observe.observe import observe
from psbot.report import apply, plan_rows, status
from psbot.report import plan as plan_module
from psbot.report.apply_rows import FileResult
from psbot.report.plan_rows import FilePlan
from psbot.runs.portfolio import plan_apply_many
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext
from psbot.templates.library import TemplateLibrary
from tests.injection.corpus import Entry, check_each
from tests.injection.oracle import assert_like, assert_quiet
from tests.support.builders import GROUP, NOW, SHARED, engagement
from tests.support.fakes import BOT, FakeGitLab
from tests.support.paths import ROOT

PROCESS = load_process(ROOT / "config")
WORDS = TemplateLibrary(ROOT / "issue_templates")
MINE = replace(engagement(), file="acme.yml")
MARK = "<!-- psbot: engagement=acme-sow-142 item={} -->"
FORMS = ("text", "json", "markdown")


def run(gitlab: FakeGitLab) -> Reconciled:
    tools = WriteTools(gitlab, gitlab, Limits(), lambda: 0.0)
    return reconcile(MINE, RunContext(tools, PROCESS, WORDS, NOW, WaitBudget(60, lambda _: None)))


def one(gitlab: FakeGitLab, key: str) -> WorkItem:
    (found,) = [each for each in gitlab.by_key(key) if each.author and each.author.is_machine]
    return found


def scene(text: str) -> FakeGitLab:
    """A world in which people, and a customer, have put *text* wherever they can."""
    gitlab = FakeGitLab()
    run(gitlab)
    kick_off, intake, epic, log = (one(gitlab, key) for key in ("kick-off", "intake-aws", "epic", "log"))
    gitlab.person_edits(kick_off.gid, "ada", title=text, labels=kick_off.labels | {text})
    gitlab.person_edits(
        intake.gid, "paul", description=f"{intake.description}{text}\n{text}", title=f"x {text}"
    )
    gitlab.person_edits(epic.gid, "maria", description=f"{epic.description}\n{text}\n")
    gitlab.person_edits(log.gid, "maria", labels=log.labels | {f"ps-state::{text}"}, title=text)
    for key in ("log", "epic", "call/2026-12-08", text):
        gitlab.person_makes("ada", SHARED, title=text, description=f"{MARK.format(key)}\n{text}", labels=frozenset({"ps-kind::call"}), parent=epic.gid)  # fmt: skip
    gitlab.person_makes("zoe", GROUP, title=text, description=f"{MARK.format('epic')}\n", is_epic=True)
    gitlab.person_makes("ada", SHARED, title=text, description=text, labels=frozenset({"ps-kind::change-request"}), parent=epic.gid)  # fmt: skip
    gitlab.person_makes("ada", SHARED, title="x", description=f"{text}\n{MARK.format('kick-off')}\n", labels=frozenset({"ps-kind::kick-off", text}))  # fmt: skip
    return gitlab


def drawn(reader: Reader) -> Plan:
    (found,) = [plan for _, plan in plan_apply_many(reader, [MINE], PROCESS, WORDS, NOW)]
    assert isinstance(found, Plan), found
    return found


def report(form: str, plan: Plan) -> str:
    return plan_module.render_plans(form, [FilePlan.of("acme.yml", MINE, plan)], PROCESS.limits, NOW)


def shape(plan: Plan) -> list[tuple[str, str | None]]:
    """What would be done to which item, whatever it is called."""
    rows = (plan_rows.operation_row(each) for each in plan.operations)
    return [(each.op, each.marker) for each in rows]


@cache
def plain() -> tuple[Plan, str, str]:
    gitlab = scene("plain")
    plan = drawn(gitlab)
    before = report("markdown", plan)
    ended = run(gitlab)
    return (
        plan,
        before,
        apply.render_file_results("markdown", [FileResult.of("acme.yml", MINE.key, ended)], NOW),
    )


def about_items(plan: Plan) -> set[tuple[str, str | None]]:
    return {(each.code, each.item) for each in plan.findings if isinstance(each, Finding)}


def test_text_in_titles_descriptions_and_labels_confuses_no_item_and_no_reader(entries: list[Entry]) -> None:
    check_each(entries, assert_nothing_is_confused)


def assert_nothing_is_confused(entry: Entry) -> None:
    gitlab = scene(entry.text)
    genuine = {each.marker.item: each.gid for each in gitlab._all() if each.marker and each.author == BOT}
    found = observe(gitlab, MINE, PROCESS).snapshot
    keys = {item.key: item.gid for item in found.items}
    # Anybody may open a change request under the epic; a marker inside of it is a person's own words.
    opened = {key for key in keys if key.startswith("change-request/")}
    assert {key: keys[key] for key in keys.keys() - opened} == genuine
    assert len(opened) <= 1
    plan, markdown, done = plain()
    mine = drawn(gitlab)
    assert {each for each in shape(mine) if each[0].startswith(("create", "close", "reopen"))} == {
        each for each in shape(plan) if each[0].startswith(("create", "close", "reopen"))
    }
    for form in FORMS:
        assert_quiet(report(form, mine))
    seen = build_status(Facts(MINE, PROCESS, found, NOW))
    for form in FORMS:
        assert_quiet(status.render_status(form, [seen], NOW))
        assert_quiet(status.render_status(form, [seen, seen], NOW))
    if shape(mine) == shape(plan) and about_items(mine) == about_items(plan):
        assert_like(report("markdown", mine), markdown)
    ended = run(gitlab)
    for form in FORMS:
        assert_quiet(apply.render_file_results(form, [FileResult.of("acme.yml", MINE.key, ended)], NOW))
    assert drawn(gitlab).is_empty, "a second run has nothing to do"
    assert done


def test_finding_names_a_foreign_marker_without_printing_what_could_act() -> None:
    for plan in (drawn(scene("\x1b[31m@root")),):
        said = replace_control_characters("\n".join(each.message for each in plan.findings))
        assert "psbot ignores it" in said
        assert_quiet(said)
