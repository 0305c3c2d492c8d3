"""Applying plans against a GitLab in memory: order, one write an item, and every way an answer can go wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from psbot.apply.apply import WriteTools
from psbot.apply.receipt import Outcome
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Limits
from psbot.core.model.work_item import Author, WorkItem
from psbot.core.plan.plan import Plan
from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import RateLimited, Refused, Unclear
from psbot.gitlab.values import Access, NewItem, Page, PageRequest, WriteResult
from psbot.gitlab.wait_budget import WaitBudget
from psbot.observe.observation import Observation
from psbot.observe.observe import observe
from psbot.runs.plans import PlanInput, Planned, plan_apply
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext
from tests.support.builders import CALLS, GROUP, INTERNAL, NOW, PROCESS, SHARED, WORDS, PlainWords, engagement
from tests.support.fakes import BOT, FakeGitLab

ENGAGEMENT = engagement()
EVERYTHING = ["epic", "intake-aws", "kick-off", "log"]


@dataclass
class Watch:
    """A clock that only waiting moves."""

    seconds: float = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def forge() -> FakeGitLab:
    return FakeGitLab()


def work(
    forge: FakeGitLab, watch: Watch | None = None, stop: Callable[[], bool] = lambda: False
) -> RunContext:
    watch = watch or Watch()
    limits = Limits()
    tools = WriteTools(forge, forge, limits, lambda: watch.seconds, stop)
    return RunContext(tools, PROCESS, WORDS, NOW, WaitBudget(limits.rate_limit_seconds, watch.wait))


def run(forge: FakeGitLab, each: Engagement = ENGAGEMENT, watch: Watch | None = None) -> Reconciled:
    return reconcile(each, work(forge, watch))


def open_keys(forge: FakeGitLab) -> list[str]:
    marks = [(each.marker, each.is_open) for each in forge._all()]
    return sorted(mark.item for mark, is_open in marks if mark and is_open)


def one(forge: FakeGitLab, key: str) -> WorkItem:
    (found,) = forge.by_key(key)
    return found


def begun(forge: FakeGitLab, each: Engagement, looked: Observation) -> Planned:
    """Return the plan of what was seen before, as a run has it that others have overtaken."""
    return plan_apply(PlanInput(forge, each, looked, PROCESS, WORDS, NOW))


def plan_of(forge: FakeGitLab, each: Engagement = ENGAGEMENT) -> Plan:
    return plan_apply(PlanInput(forge, each, observe(forge, each, PROCESS), PROCESS, WORDS, NOW))[0]


def twin_of(forge: FakeGitLab, key: str) -> str:
    first = one(forge, key)
    fields: dict[str, object] = {"title": "twin", "description": first.description}
    return forge._make(BOT, first.namespace, fields | {"parent": first.parent, "labels": first.labels})


def test_reconcile_makes_labels_then_the_epic_then_children_under_it(forge: FakeGitLab) -> None:
    result = run(forge)
    assert result.exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING
    kinds = [name for number, name in enumerate(forge.writes) if name not in forge.writes[:number]]
    assert kinds == ["create_labels", "create_items"]
    epic, kick_off = one(forge, "epic"), one(forge, "kick-off")
    assert (epic.namespace, epic.start_on, epic.due_on) == (GROUP, date(2026, 12, 1), date(2027, 2, 26))
    assert (kick_off.namespace, kick_off.parent, kick_off.assignees) == (SHARED, epic.gid, ("paul",))
    assert kick_off.labels == {"ps-kind::kick-off", "ps-state::todo"}
    assert one(forge, "log").namespace == INTERNAL


def test_reconcile_gives_each_operation_one_receipt_with_where_it_went(forge: FakeGitLab) -> None:
    result = run(forge)
    assert len(result.receipts) == len(result.plan.operations)
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE}
    assert {receipt.url for receipt in result.receipts if receipt.url} == {each.url for each in forge._all()}


def test_reconcile_writes_nothing_and_reads_three_times_when_run_again(forge: FakeGitLab) -> None:
    run(forge)
    forge.requests.clear()
    forge.writes.clear()
    assert run(forge).plan.is_empty
    assert forge.writes == []
    assert len(forge.requests) == 3


@pytest.mark.parametrize(("has_labels", "most"), [(True, 10), (False, 14)])
def test_reconcile_stays_within_its_requests_when_thirty_items_are_made_at_first(
    forge: FakeGitLab, has_labels: bool, most: int
) -> None:
    for spec in PROCESS.catalogue.specs() if has_labels else ():
        forge.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(forge.labels) + 1}"
    long = replace(ENGAGEMENT, calls=CALLS, ends_on_in_file=date(2027, 6, 15))
    result = reconcile(long, replace(work(forge), process=replace(PROCESS, horizon_days=400)))
    assert result.exit_code is ExitCode.DONE
    assert len(forge.items) >= 30
    assert len(forge.requests) <= most


def test_reconcile_writes_all_changes_of_one_item_in_one_update(forge: FakeGitLab) -> None:
    run(forge)
    gid = one(forge, "kick-off").gid
    before = len(forge.items[gid].acts)
    moved = replace(ENGAGEMENT, customer="Acme AG", kick_off_on=date(2026, 12, 3), engineers=("petra",))
    assert run(forge, moved).exit_code is ExitCode.DONE
    kick_off = one(forge, "kick-off")
    assert kick_off.title == "Kick-off: Acme AG"
    assert (kick_off.due_on, kick_off.assignees) == (date(2026, 12, 3), ("petra",))
    assert len(forge.items[gid].acts) == before + 1
    assert plan_of(forge, moved).is_empty


def test_reconcile_keeps_what_people_changed_and_remembers_only_what_it_wrote(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_edits(one(forge, "kick-off").gid, "maria", due_on=date(2026, 12, 9))
    moved = replace(ENGAGEMENT, customer="Acme AG", kick_off_on=date(2026, 12, 3))
    run(forge, moved)
    assert one(forge, "kick-off").due_on == date(2026, 12, 9)
    assert one(forge, "kick-off").title == "Kick-off: Acme AG"
    again = plan_of(forge, moved)
    assert again.is_empty
    assert [(kept.item, kept.field) for kept in again.kept] == [("kick-off", "due_on")]


def test_reconcile_keeps_a_start_that_people_set_when_the_file_moves_the_end(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_edits(one(forge, "epic").gid, "maria", start_on=date(2026, 12, 7))
    longer = replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26))
    run(forge, longer)
    epic = one(forge, "epic")
    assert (epic.start_on, epic.due_on) == (date(2026, 12, 7), date(2027, 3, 26))
    assert [(kept.item, kept.field) for kept in plan_of(forge, longer).kept] == [("epic", "start_on")]


def test_reconcile_keeps_peoples_words_when_it_rewrites_a_managed_section(forge: FakeGitLab) -> None:
    run(forge)
    epic = one(forge, "epic")
    forge.person_edits(epic.gid, "maria", description=epic.description + "\nRemember the badge.\n")
    run(forge, replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26)))
    after = one(forge, "epic").description
    assert "Remember the badge." in after
    assert "ends 2027-03-26" in after


def test_reconcile_closes_unwanted_items_only_when_nobody_touched_them(forge: FakeGitLab) -> None:
    on_prem = replace(ENGAGEMENT, hosting="on-prem")
    run(forge)
    run(forge, on_prem)
    assert not one(forge, "intake-aws").is_open
    assert "ps-state::skipped" in one(forge, "intake-aws").labels
    other = FakeGitLab()
    run(other)
    other.person_edits(one(other, "intake-aws").gid, "paul", title="Mine now")
    result = run(other, on_prem)
    assert one(other, "intake-aws").is_open
    assert "unwanted-kept" in {finding.code for finding in result.plan.findings}


def test_reconcile_gives_markers_and_parents_back(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_edits(one(forge, "kick-off").gid, "maria", description="Only words.\n")
    forge.person_edits(one(forge, "log").gid, "maria", parent=None)
    run(forge)
    assert one(forge, "kick-off").description.endswith("Only words.\n")
    assert one(forge, "log").parent == one(forge, "epic").gid
    assert plan_of(forge).is_empty


def test_reconcile_marks_a_persons_change_request_above_their_words(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_makes(
        "maria",
        INTERNAL,
        title="More",
        description="More hours.\n",
        parent=one(forge, "epic").gid,
        labels=frozenset({"ps-kind::change-request"}),
    )
    run(forge)
    assert one(forge, "change-request/1").description.endswith("-->\nMore hours.\n")
    assert plan_of(forge).is_empty


def test_reconcile_names_everybody_who_is_missing_before_the_first_write(forge: FakeGitLab) -> None:
    forge.inactive.add("paul")
    with pytest.raises(GitLabError) as caught:
        run(forge, replace(ENGAGEMENT, manager="nobody"))
    assert "nobody" in str(caught.value)
    assert "paul is blocked" in str(caught.value)
    with pytest.raises(GitLabError, match="zoe is not a member of acme/delivery/project"):
        run(forge, replace(ENGAGEMENT, engineers=("zoe",)))
    assert forge.writes == []


def test_reconcile_refuses_to_write_as_somebody_whose_items_it_would_not_recognise(forge: FakeGitLab) -> None:
    forge.me = Author("zoe")
    with pytest.raises(GitLabError, match="zoe"):
        run(forge)
    assert forge.writes == []


def test_reconcile_writes_nothing_when_the_plan_is_not_approved(forge: FakeGitLab) -> None:
    def refuse(_: Plan) -> None:
        raise PsbotError("another checksum")

    with pytest.raises(PsbotError, match="another checksum"):
        reconcile(ENGAGEMENT, work(forge), refuse)
    assert forge.writes == []


ERRORS: list[Any] = [
    pytest.param(lambda: Unclear("GitLab answered 502"), id="5xx"),
    pytest.param(lambda: RateLimited("too many requests", 30), id="429"),
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("method", ["create_labels", "create_items"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_reconcile_makes_everything_once_when_a_write_answers_unclearly(
    forge: FakeGitLab, error: Callable[[], Exception], method: str, carried_out: bool
) -> None:
    forge.fail(method, error, carried_out=carried_out)
    result = run(forge)
    assert result.exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE}
    assert run(forge).plan.is_empty


@pytest.mark.parametrize(("carried_out", "least", "most"), [(True, 0, 5), (False, 60, 70)])
def test_reconcile_waits_only_while_what_was_asked_for_is_missing(
    forge: FakeGitLab, carried_out: bool, least: float, most: float
) -> None:
    watch = Watch()
    forge.fail("create_items", lambda: Unclear("timed out"), carried_out=carried_out)
    run(forge, watch=watch)
    assert least <= watch.seconds <= most


def test_reconcile_counts_the_time_an_unclear_request_took_into_the_wait(forge: FakeGitLab) -> None:
    watch = Watch()

    def slow() -> Exception:
        watch.wait(65)
        return Unclear("did not answer in time")

    forge.fail("create_items", slow, carried_out=False)
    run(forge, watch=watch)
    assert watch.seconds == 65


def test_reconcile_stops_with_the_limit_code_when_answers_stay_unclear(forge: FakeGitLab) -> None:
    for _ in range(10):
        forge.fail("create_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    assert run(forge).exit_code is ExitCode.LIMIT
    assert forge.writes.count("create_items") == 4
    forge.faults.clear()
    run(forge)
    assert open_keys(forge) == EVERYTHING


def test_reconcile_stops_at_once_when_gitlab_asks_for_too_long_a_pause(forge: FakeGitLab) -> None:
    watch = Watch()
    forge.fail("create_items", lambda: RateLimited("too many requests", 86_400), carried_out=False)
    result = run(forge, watch=watch)
    assert result.exit_code is ExitCode.LIMIT
    assert watch.seconds == 0
    assert "remain" in str(result.error)


def test_reconcile_goes_on_with_the_others_when_gitlab_refuses_one_item(forge: FakeGitLab) -> None:
    forge.refusals["Kick-off: Acme Corp"] = "Title is not nice"
    result = run(forge)
    assert result.exit_code is ExitCode.GITLAB
    assert open_keys(forge) == [key for key in EVERYTHING if key != "kick-off"]
    assert [receipt.reason for receipt in result.with_outcome(Outcome.REFUSED)] == ["Title is not nice"]


def test_reconcile_makes_no_children_when_the_epic_is_refused(forge: FakeGitLab) -> None:
    forge.fail("create_items", lambda: Refused("GitLab refused the request (403)"), carried_out=False)
    assert run(forge).exit_code is ExitCode.GITLAB
    assert open_keys(forge) == []
    assert forge.writes.count("create_items") == 1


def test_reconcile_plans_again_when_an_item_moves_under_its_hands(forge: FakeGitLab) -> None:
    run(forge)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(forge, moved, PROCESS)
    forge.person_edits(one(forge, "kick-off").gid, "maria", title="Ours")
    result = reconcile(moved, work(forge), planned=begun(forge, moved, looked))
    assert one(forge, "kick-off").title == "Ours"
    assert one(forge, "log").title == "Engagement log: Acme AG"
    assert result.exit_code is ExitCode.DONE


def test_reconcile_makes_nothing_unreviewed_when_it_is_bound_to_a_plan(forge: FakeGitLab) -> None:
    run(forge)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(forge, moved, PROCESS)
    log = one(forge, "log")
    forge.person_edits(log.gid, "maria", description=log.description + "\nA word.\n")
    forge.delete(one(forge, "kick-off").gid)
    assert (
        reconcile(moved, work(forge), planned=begun(forge, moved, looked), only_reviewed=True).exit_code
        is ExitCode.DONE
    )
    assert one(forge, "log").title == "Engagement log: Acme AG"
    assert forge.by_key("kick-off") == []


def test_reconcile_takes_a_label_for_made_when_another_run_was_faster(forge: FakeGitLab) -> None:
    forge.before_write.append(lambda: forge.labels.update({"ps-state::todo": "gid://gitlab/GroupLabel/999"}))
    assert run(forge).exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING


@pytest.mark.parametrize("number", range(8))
def test_reconcile_leaves_one_open_item_a_marker_when_another_run_comes_in_between(
    forge: FakeGitLab, number: int
) -> None:
    def nothing() -> None:
        pass

    def other_run() -> None:
        run(forge)

    forge.before_write = [*[nothing] * number, other_run]
    assert run(forge).exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING
    assert plan_of(forge).is_empty


def test_reconcile_closes_no_duplicate_that_a_person_has_touched(forge: FakeGitLab) -> None:
    run(forge)
    twin = twin_of(forge, "kick-off")
    forge.person_edits(twin, "paul", title="I work on this one")
    result = run(forge)
    assert forge.items[twin].sighting.is_open
    assert "duplicate" in {finding.code for finding in result.plan.findings}


def test_reconcile_links_a_duplicate_that_it_closes_to_the_item_that_stays(forge: FakeGitLab) -> None:
    run(forge)
    kept = one(forge, "kick-off")
    twin = twin_of(forge, "kick-off")
    run(forge)
    closed = forge.items[twin].sighting
    assert not closed.is_open
    assert kept.reference in closed.description
    assert [each.gid for each in forge.by_key("kick-off") if each.is_open] == [kept.gid]


def test_reconcile_says_what_is_left_when_somebody_says_stop(forge: FakeGitLab) -> None:
    result = reconcile(ENGAGEMENT, work(forge, stop=lambda: bool(forge.items)))
    assert result.exit_code is ExitCode.LIMIT
    assert "remain" in str(result.error)
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE, Outcome.PENDING}
    run(forge)
    assert open_keys(forge) == EVERYTHING


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize(
    ("method", "skipped"),
    [("create_labels", 0), ("create_labels", 3), *(("create_items", n) for n in range(4))],
)
def test_reconcile_reaches_the_same_state_when_it_was_killed_at_a_write(
    forge: FakeGitLab, method: str, skipped: int, carried_out: bool
) -> None:
    def killed() -> Exception:
        raise KeyboardInterrupt

    forge.skip_faults[method] = skipped
    forge.fail(method, killed, carried_out=carried_out)
    with pytest.raises(KeyboardInterrupt):
        run(forge)
    run(forge)
    assert open_keys(forge) == EVERYTHING
    assert plan_of(forge).is_empty


def test_draw_up_asks_who_touched_items_only_where_it_matters(forge: FakeGitLab) -> None:
    run(forge)
    forge.requests.clear()
    plan_of(forge)
    assert "activity" not in forge.requests
    plan_of(forge, replace(ENGAGEMENT, hosting="on-prem"))
    assert forge.requests.count("activity") == 1


def test_cost_counts_the_requests_that_are_made(forge: FakeGitLab) -> None:
    promised = plan_of(forge).cost(PROCESS.limits)
    forge.requests.clear()
    run(forge)
    assert len(forge.requests) == promised.requests


def test_reconcile_makes_nothing_twice_when_the_people_who_made_it_are_no_longer_named(
    forge: FakeGitLab,
) -> None:
    forge.me = Author("maria")
    run(forge)
    forge.me = BOT
    before = len(forge.items)
    with pytest.raises(GitLabError, match="maria"):
        run(forge, replace(ENGAGEMENT, manager="pia"))
    assert len(forge.items) == before


def test_reconcile_makes_no_second_item_when_somebody_unknown_made_the_one_under_the_epic(
    forge: FakeGitLab,
) -> None:
    run(forge)
    kick_off = one(forge, "kick-off")
    forge.items[kick_off.gid].sighting = replace(kick_off, author=Author("zoe"))
    result = run(forge)
    assert one(forge, "kick-off").gid == kick_off.gid
    assert "disputed" in {finding.code for finding in result.plan.findings}


def test_reconcile_finds_an_item_again_when_a_person_dragged_it_below_a_copy_of_the_epic(
    forge: FakeGitLab,
) -> None:
    run(forge)
    epic = one(forge, "epic")
    copy = forge.person_makes("zoe", GROUP, title="Copy", description=epic.description, is_epic=True)
    forge.person_edits(one(forge, "kick-off").gid, "maria", parent=copy)
    run(forge)
    assert one(forge, "kick-off").parent == epic.gid


@pytest.mark.parametrize("times", [1, 1000])
def test_reconcile_keeps_its_receipts_when_a_read_between_two_writes_fails(
    forge: FakeGitLab, times: int
) -> None:
    class Failing(FakeGitLab):
        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            nonlocal times
            if self.items and times:
                times -= 1
                raise GitLabError("GitLab answered 503")
            return super().fetch_pages(group, asks)

    forge = Failing()
    result = run(forge)
    assert "create-epic" in {each.operation.op for each in result.with_outcome(Outcome.DONE)}
    if result.error is None:
        assert open_keys(forge) == EVERYTHING
    else:
        times = 0
        assert result.exit_code is ExitCode.GITLAB
        run(forge)
    assert open_keys(forge) == EVERYTHING


def test_reconcile_changes_the_other_items_when_reading_again_fails_once(forge: FakeGitLab) -> None:
    run(forge)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(forge, moved, PROCESS)
    forge.fail("pages", lambda: GitLabError("GitLab answered 503"), carried_out=False)
    assert reconcile(moved, work(forge), planned=begun(forge, moved, looked)).exit_code is ExitCode.DONE
    assert one(forge, "log").title == "Engagement log: Acme AG"


def test_reconcile_makes_nothing_again_when_a_later_list_does_not_show_what_it_has_made(
    forge: FakeGitLab,
) -> None:
    class Lagging(FakeGitLab):
        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            kick_offs = [each.gid for each in self._all() if each.title.startswith("Kick-off")]
            self.items, kept = (
                {gid: each for gid, each in self.items.items() if gid not in kick_offs},
                self.items,
            )
            try:
                return super().fetch_pages(group, asks)
            finally:
                self.items = kept

    forge = Lagging()
    forge.skip_faults["create_items"] = 2
    forge.fail("create_items", lambda: Unclear("GitLab answered 502"), carried_out=False)
    run(forge)
    assert len(forge.by_key("kick-off")) == 1


def test_reconcile_stops_when_lists_do_not_show_the_epic_it_has_made(forge: FakeGitLab) -> None:
    class Blind(FakeGitLab):
        def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
            return replace(super().fetch_access(group, projects, label_group), epic_count=0)

        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            return [Page((), (), 0) for _ in asks]

    forge = Blind()
    result = run(forge)
    assert open_keys(forge) == ["epic"]
    assert result.exit_code is ExitCode.GITLAB
    assert "does not list the epic" in str(result.error)


def in_one_line(forge: FakeGitLab) -> RunContext:
    """Return work that sends one request after the other: labels, the epic, the children."""
    whole = work(forge)
    return replace(whole, tools=replace(whole.tools, limits=Limits(connections=1)))


def nothing() -> None:
    pass


def whole_run(forge: FakeGitLab) -> None:
    assert run(forge).error is None


def test_reconcile_leaves_one_item_when_its_unclear_creation_came_second_to_another_run(
    forge: FakeGitLab,
) -> None:
    forge.me = Author("maria")
    forge.before_write = [nothing, nothing, lambda: whole_run(forge)]
    forge.skip_faults["create_items"] = 4
    forge.fail("create_items", lambda: Unclear("GitLab answered 502"), carried_out=True)
    assert reconcile(ENGAGEMENT, in_one_line(forge)).exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING


def test_reconcile_closes_its_own_duplicates_when_it_ends_at_a_limit(forge: FakeGitLab) -> None:
    forge.me = Author("maria")
    run(forge)
    forge.delete(one(forge, "kick-off").gid)
    forge.before_write = [lambda: whole_run(forge)]
    for _ in range(4):
        forge.fail("update_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    result = reconcile(replace(ENGAGEMENT, customer="Acme AG"), in_one_line(forge))
    assert result.exit_code is ExitCode.LIMIT
    assert open_keys(forge) == EVERYTHING


def test_reconcile_ends_at_a_limit_when_it_cannot_close_its_own_duplicates(forge: FakeGitLab) -> None:
    forge.before_write = [nothing, nothing, lambda: whole_run(forge)]
    for _ in range(10):
        forge.fail("update_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    assert reconcile(ENGAGEMENT, in_one_line(forge)).exit_code is ExitCode.LIMIT
    forge.faults.clear()
    run(forge)
    assert open_keys(forge) == EVERYTHING


def test_reconcile_looks_for_duplicates_below_its_epic_alone_when_the_group_has_many(
    forge: FakeGitLab,
) -> None:
    run(forge)
    small = FakeGitLab(page=10)
    small.labels = dict(forge.labels)
    for number in range(5):
        run(small, engagement(f"other-{number}", sow=f"SOW-{number}"))
    run(small)
    small.delete(one_of(small, "kick-off"))
    looked = observe(small, ENGAGEMENT, PROCESS)
    small.requests.clear()
    assert (
        reconcile(ENGAGEMENT, work(small), planned=begun(small, ENGAGEMENT, looked)).exit_code
        is ExitCode.DONE
    )
    assert small.requests == ["people", "pages", "create_items", "pages"]


def one_of(forge: FakeGitLab, key: str) -> str:
    (found,) = (
        each.gid for each in forge.by_key(key) if each.marker and each.marker.engagement == ENGAGEMENT.key
    )
    return found


def test_reconcile_closes_the_twin_that_a_machine_made_when_that_run_ended_without_seeing_ours() -> None:
    class Late(FakeGitLab):
        def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
            made = super().create_items(items)
            if self.by_key("kick-off"):
                twin_of(self, "kick-off")
            return made

    forge = Late()
    assert reconcile(ENGAGEMENT, in_one_line(forge)).exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING


def test_reconcile_writes_nothing_on_later_days_when_a_person_moved_the_phase(forge: FakeGitLab) -> None:
    class Dated(PlainWords):
        def render(self, name: str, facts: Mapping[str, object]) -> str:
            since = f"since {facts['phase_since_on']}"
            return super().render(name, facts).replace(", ends", f" {since}, ends")

    def run_on(day: int) -> Plan:
        whole = replace(work(forge), templates=Dated(), now=NOW + timedelta(days=day))
        return reconcile(ENGAGEMENT, whole).plan

    run_on(0)
    epic = one(forge, "epic")
    forge.person_edits(epic.gid, "maria", labels=frozenset({"ps-kind::engagement", "ps-phase::delivery"}))
    assert run_on(1).is_empty, "whether the move counts is for advance to say"
    forge.person_edits(
        epic.gid, "maria", description=one(forge, "epic").description.replace("phase=setup ", "")
    )
    assert not run_on(2).is_empty
    assert "delivery since 2026-11-25" in one(forge, "epic").description
    assert run_on(3).is_empty
    assert "delivery since 2026-11-25" in one(forge, "epic").description


def test_reconcile_rewrites_its_section_in_place_when_lines_end_as_on_windows(forge: FakeGitLab) -> None:
    run(forge)
    epic = one(forge, "epic")
    forge.person_edits(epic.gid, "maria", description=epic.description.replace("\n", "\r\n"))
    assert plan_of(forge).is_empty
    run(forge, replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26)))
    assert one(forge, "epic").description.count("psbot begin: overview") == 1
    assert "ends 2027-03-26" in one(forge, "epic").description


def test_reconcile_leaves_everything_when_somebody_says_stop_at_once(forge: FakeGitLab) -> None:
    result = reconcile(ENGAGEMENT, work(forge, stop=lambda: True))
    assert result.exit_code is ExitCode.LIMIT
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.PENDING}


def test_reconcile_makes_the_others_when_gitlab_breaks_on_one_item_every_time(forge: FakeGitLab) -> None:
    class Breaking(FakeGitLab):
        def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
            if any("Intake" in each.title for each in items):
                self._write("create_items")
                raise Unclear("GitLab answered 500")
            return super().create_items(items)

    forge = Breaking()
    result = reconcile(ENGAGEMENT, in_one_line(forge))
    assert result.exit_code is ExitCode.LIMIT
    assert open_keys(forge) == [key for key in EVERYTHING if key != "intake-aws"]


def test_reconcile_sends_nothing_more_when_somebody_says_stop(forge: FakeGitLab) -> None:
    def is_asked() -> bool:
        if forge.items:
            stopped_at.append(len(forge.requests))
        return bool(forge.items)

    stopped_at: list[int] = []
    whole = work(forge, stop=is_asked)
    result = reconcile(ENGAGEMENT, replace(whole, tools=replace(whole.tools, limits=Limits(connections=1))))
    assert result.exit_code is ExitCode.LIMIT
    assert forge.requests[stopped_at[0] :] == []


def test_reconcile_gives_each_operation_its_receipt_when_one_item_has_two_of_a_verb(
    forge: FakeGitLab,
) -> None:
    class Sectioned(PlainWords):
        def render(self, name: str, facts: Mapping[str, object]) -> str:
            return super().render("engagement", facts)

        def sections(self, name: str) -> frozenset[str]:
            return frozenset({"overview"}) if name == "engagement-log" else frozenset()

    reconcile(ENGAGEMENT, replace(work(forge), templates=Sectioned()))
    forge.person_edits(one(forge, "log").gid, "maria", parent=None)
    longer = replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26))
    result = reconcile(longer, replace(work(forge), templates=Sectioned()))
    assert [each.op for each in result.plan.operations].count("redescribe") == 2
    assert len(result.receipts) == len(result.plan.operations)


def test_reconcile_reads_items_again_right_before_it_writes_them_when_there_are_many(
    forge: FakeGitLab,
) -> None:
    run(forge)
    small = replace(work(forge), tools=replace(work(forge).tools, limits=Limits(batch=1, connections=2)))
    forge.requests.clear()
    looked = observe(forge, ENGAGEMENT, PROCESS)
    forge.requests.clear()
    moved = replace(ENGAGEMENT, customer="Acme AG")
    assert reconcile(moved, small, planned=begun(forge, moved, looked)).exit_code is ExitCode.DONE
    assert forge.requests == ["pages", "update_items", "update_items"] * 2


def test_reconcile_closes_no_item_when_a_person_comments_on_it_at_the_last_moment(forge: FakeGitLab) -> None:
    run(forge)
    on_prem = replace(ENGAGEMENT, hosting="on-prem")
    looked = observe(forge, on_prem, PROCESS)
    intake = one(forge, "intake-aws")

    def comment(_: Plan) -> None:
        forge.person_comments(intake.gid, "paul")

    result = reconcile(on_prem, work(forge), comment, planned=begun(forge, on_prem, looked))
    assert forge.items[intake.gid].sighting.is_open
    assert result.exit_code is ExitCode.DONE


def test_draw_up_refuses_when_the_file_names_another_project_than_the_items_are_in(forge: FakeGitLab) -> None:
    run(forge)
    other = "acme/delivery/other"
    forge.levels[other] = 40
    places = replace(ENGAGEMENT.gitlab, project=other)
    with pytest.raises(PsbotError, match=r"gitlab\.project") as caught:
        run(forge, replace(ENGAGEMENT, gitlab=places))
    assert caught.value.exit_code is ExitCode.INPUT
    assert forge.by_key("kick-off") == [one(forge, "kick-off")]


def test_draw_up_takes_a_path_for_the_same_when_only_its_case_differs(forge: FakeGitLab) -> None:
    run(forge)
    upper = SHARED.upper()
    forge.levels[upper] = 40
    places = replace(ENGAGEMENT.gitlab, project=upper)
    assert run(forge, replace(ENGAGEMENT, gitlab=places)).plan.is_empty


def test_draw_up_follows_one_item_when_a_person_has_moved_it_to_another_project(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_edits(one(forge, "kick-off").gid, "maria", namespace="acme/delivery/third")
    assert run(forge).plan.is_empty


def test_reconcile_makes_nothing_twice_when_a_list_hides_an_item_without_a_word(forge: FakeGitLab) -> None:
    run(forge)
    before = open_keys(forge)
    hidden = one(forge, "kick-off").gid
    forge.person_edits(hidden, "maria", labels=frozenset())  # nor does the list of labelled items show it

    class Hiding:
        """Leaves the item out of the first list of children, count and all."""

        def __init__(self) -> None:
            self.is_done = False

        def __getattr__(self, name: str) -> object:
            return getattr(forge, name)

        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            pages = forge.fetch_pages(group, asks)
            if self.is_done or asks[0].item_list is not ItemList.CHILDREN:
                return pages
            self.is_done = True
            left = tuple(each for each in pages[0].items if each.gid != hidden)
            return [replace(pages[0], items=left, total_count=len(left)), *pages[1:]]

    tools = work(forge).tools
    hiding: Any = Hiding()
    result = reconcile(ENGAGEMENT, replace(work(forge), tools=replace(tools, reader=hiding)))
    assert result.exit_code is ExitCode.DONE
    assert open_keys(forge) == before
    assert len([each for each in forge.items.values() if each.sighting.title.startswith("Kick-off")]) == 1


def test_reconcile_stops_when_the_list_of_epics_is_shorter_than_their_count(forge: FakeGitLab) -> None:
    class Hiding(FakeGitLab):
        def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
            return replace(super().fetch_access(group, projects, label_group), epic_count=1)

    with pytest.raises(GitLabError, match="counts 1 epics"):
        run(Hiding())
