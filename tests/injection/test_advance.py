"""Every text of the corpus where people write what advance reads, copies and answers: it acts in nothing psbot writes."""

import copy
from dataclasses import replace
from functools import cache

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.history import Notice
from psbot.core.model.operations import PostNotice
from psbot.core.model.work_item import Author
from psbot.core.notices.notice import plan_notices
from psbot.core.plan.plan import Plan
from psbot.core.text import marker
from psbot.core.workflow.carry_over import CARRIED_SECTION
from psbot.report import plan as plan_module
from psbot.report.plan_rows import FilePlan
from tests.core.workflow.engagements import delivering
from tests.injection.corpus import Entry, check_each
from tests.injection.oracle import assert_like, assert_no_action, assert_quiet
from tests.support.board import CUSTOMER, PROCESS, Desk

OVER, NEXT = "call/2026-12-15", "call/2026-12-22"


@cache
def start() -> Desk:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    return desk


def scene(text: str) -> Desk:
    """A desk at which a customer and people have put *text* wherever advance reads it."""
    desk = copy.deepcopy(start())
    customer = Author(CUSTOMER)
    for key, purpose in (("epic", "phase"), ("project-summary", "state"), ("sign-off", "signoff")):
        scope = PROCESS.catalogue.scopes[purpose].name
        gone = {each for each in desk.item(key).labels if each.rpartition("::")[0] == scope}
        desk._relabelled(customer, desk.item(key), {f"{scope}::{text}"}, gone)
    for key in ("kick-off", "post-mortem"):
        desk.world = desk.world.with_item(replace(desk.item(key), title=text))
    tasks = f"## Next steps\n\n- [ ] {text}\n- [ ] Order disks\n"
    desk.edit(OVER, lambda before: before.replace("## Next steps", tasks))
    desk.close("paul", OVER)
    return desk


def told(plan: Plan) -> dict[str, str]:
    return {each.identity: each.body for each in plan.operations if isinstance(each, PostNotice)}


@cache
def plain() -> dict[str, str]:
    return told(scene("Plain").plan())


def test_scene_gives_advance_something_to_say() -> None:
    assert plain()["transition-refused:epic"].count("Plain") == 1
    desk = scene("Plain")
    desk.advance()
    assert "- [ ] Plain\n- [ ] Order disks\n" in desk.item(NEXT).description


def test_text_in_labels_titles_and_tasks_does_nothing_in_notices_issues_and_reports(
    entries: list[Entry],
) -> None:
    check_each(entries, assert_nothing_of_advance)


def assert_nothing_of_advance(entry: Entry) -> None:
    desk = scene(entry.text)
    plan = desk.advance()
    for name, body in told(plan).items():
        assert_like(body, plain()[name])
    carried = marker.managed_sections(desk.item(NEXT).description).get(
        CARRIED_SECTION, ""
    )  # a fence may hide all tasks
    lines = carried.splitlines(keepends=True)
    assert_like(carried, "".join("- [ ] Plain\n" if line.startswith("- [ ] ") else line for line in lines))
    assert all(line.startswith("- [ ] ") for line in lines[2:])
    for form in ("text", "json", "markdown"):
        planned = [FilePlan.of("acme.yml", desk.engagement, plan)]
        assert_quiet(plan_module.render_plans(form, planned, PROCESS.limits, desk.now))
    assert desk.plan().is_empty, "a second run has nothing to do"


def test_text_that_a_person_put_into_a_notice_does_nothing_when_psbot_writes_it_again(
    entries: list[Entry],
) -> None:
    check_each(entries, assert_nothing_in_a_notice)


def assert_nothing_in_a_notice(entry: Entry) -> None:
    log = start().item("log")
    first = "<!-- psbot notice: unauthorized-change:kick-off -->\n"
    for words in (entry.text, f"It was so.\n{entry.text}", f"```\n{entry.text}\n```"):
        edited = Notice(
            "unauthorized-change:kick-off", f"{first}{words}\n", "gid://gitlab/Note/1", is_edited=True
        )
        (resolved,) = plan_notices(log, [], [edited])
        assert_no_action(resolved.body)
        again = Notice(edited.identity, resolved.body, edited.gid, is_edited=True)
        assert not list(plan_notices(log, [], [again]))
        stays = Finding("unauthorized-change", Severity.WARNING, "It is so", "kick-off")
        assert not list(plan_notices(log, [stays], [edited]))
