"""``psbot stale --digest-project``: each manager is told of all their engagements in one issue, once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import Result

from psbot.errors import PsbotError
from psbot.runs.stale.portfolio_digests import find_digest_project
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item
from psbot.sandbox.rules.notes import create_note, update_note
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.seed import sandbox_world
from tests.support.builders import PROCESS
from tests.support.fakes import FakeGitLab
from tests.support.paths import ROOT
from tests.support.stage import kept, put_back
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"
MONDAY, NEXT_MONDAY = "2026-11-23T09:00+01:00", "2026-11-30T09:00+01:00"
TUESDAY = "2026-12-01T09:00+01:00"
DIGESTS = "acme/delivery/digests"
ONE, TWO, PAULS = "acme-sow-142", "acme-sow-143", "acme-sow-144"


@dataclass
class Desk:
    """A portfolio in a sandbox: two engagements that maria runs, and one of paul's."""

    sandbox: Sandbox
    folder: Path

    @property
    def psbot(self) -> Psbot:
        return psbot_on(self.sandbox, columns=100, sets_clock=True)

    def stale(self, *arguments: object, now: str = NEXT_MONDAY, **more: str) -> Result:
        return self.psbot("stale", "--digest-project", DIGESTS, *arguments, now=now, **more)

    def file(self, key: str) -> Path:
        return self.folder / "engagements" / f"{key}.yml"

    def issues(self) -> list[WorkItem]:
        world = self.sandbox.world
        place = world.namespace(DIGESTS)
        assert place
        return sorted(world.items_of[place.namespace_id].values(), key=lambda item: item.iid)

    def issue(self, manager: str) -> WorkItem:
        (found,) = (each for each in self.issues() if f"manager={manager} " in each.description)
        return found

    def digests(self, manager: str) -> list[str]:
        return [note.body for note in self.issue(manager).notes if not note.is_system]

    def standing(self, manager: str) -> str:
        (found,) = (body for body in self.digests(manager) if "psbot told" in body)
        return found

    def told(self, username: str) -> int:
        """Return how often GitLab has told somebody that they are mentioned in the project of the digests."""
        return sum(
            each.username == username and "mention" in each.reason and each.reference.startswith(DIGESTS)
            for each in self.sandbox.world.notifications
        )

    def acts(self, key: str, username: str = "maria") -> None:
        """Let somebody comment on the welcome e-mail of an engagement, which is done then."""
        world = self.sandbox.world
        (item,) = (
            each
            for each in world.items.values()
            if f"engagement={key} item=welcome-email " in each.description
        )
        user = world.user(username)
        assert user
        create_note(world, user, item, "Sent.\n\n/close")

    def writes(self) -> int:
        found = sum(entry.is_write for entry in self.sandbox.gate.log.entries)
        self.sandbox.gate.log.reset()
        return found


def lines(body: str) -> list[str]:
    """Return which engagements the lines of a digest are about."""
    return re.findall(r"^- ([a-z0-9-]+):", body, re.MULTILINE)


def texts() -> dict[str, str]:
    """Return the engagement files by key."""
    words = AWS.read_text()
    pauls = words.replace("manager: maria", "manager: paul").replace("[paul, petra]", "[petra]")
    each = {ONE: words, TWO: words, PAULS: pauls}
    return {key: text.replace("142", key[-3:]) for key, text in each.items()}


def desk_in(folder: Path, sandbox: Sandbox) -> Desk:
    """Return a desk with the engagement files in *folder*."""
    (folder / "engagements").mkdir()
    found = Desk(sandbox, folder)
    for key, text in texts().items():
        found.file(key).write_text(text)
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A world in which the portfolio was applied on a Monday."""
    folder = tmp_path_factory.mktemp("portfolio")
    with running_sandbox(sandbox_world()) as sandbox:
        sandbox.world.ensure_namespace(DIGESTS, is_group=False)
        found = desk_in(folder, sandbox)
        assert found.psbot("apply", *map(found.file, (ONE, TWO, PAULS)), now=MONDAY).exit_code == 0
        sandbox.world.notifications.clear()
        return kept(sandbox.world)


@pytest.fixture
def desk(world: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("GITLAB_CI", "CI_NODE_INDEX", "CI_NODE_TOTAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with running_sandbox(put_back(world)) as sandbox:
        yield desk_in(tmp_path, sandbox)


def test_each_manager_is_notified_once_of_all_their_engagements_in_one_issue(desk: Desk) -> None:
    done = desk.stale()
    assert done.exit_code == 4, done.output
    # Both issues are created at once, over two connections, so either may get the first number.
    numbers = {each.title: each.iid for each in desk.issues()}
    assert sorted(numbers) == [
        "Stale items in the engagements of maria",
        "Stale items in the engagements of paul",
    ]
    maria = numbers["Stale items in the engagements of maria"]
    assert f"digest of maria, {DIGESTS}#{maria}: 4 findings, posted" in done.stdout
    assert all(each.confidential for each in desk.issues())
    assert lines(desk.standing("maria")) == [ONE, ONE, TWO, TWO]
    assert lines(desk.standing("paul")) == [PAULS, PAULS]
    assert desk.standing("maria").count("@maria") == 1
    assert (desk.told("maria"), desk.told("paul")) == (1, 1)
    desk.writes()
    again = desk.stale(now=TUESDAY)
    assert again.exit_code == 4
    assert "unchanged" in again.stdout
    assert desk.writes() == 0


def test_digest_shrinks_in_place_and_notifies_nobody(desk: Desk) -> None:
    desk.stale()
    desk.acts(ONE)
    told = desk.told("maria")
    assert "updated" in desk.stale(now=TUESDAY).stdout
    assert lines(desk.standing("maria")) == [TWO, TWO]
    assert len(desk.digests("maria")) == 1
    assert desk.told("maria") == told


def test_news_is_a_new_digest_and_the_old_one_is_superseded(desk: Desk) -> None:
    desk.stale()
    news = "2026-12-03T09:00+01:00"  # the kick-off was due on the first of December
    assert "posted" in desk.stale(now=news).stdout
    old, new = desk.digests("maria")
    assert "Resolved: superseded by a newer digest." in old
    assert len(lines(new)) > 4
    assert desk.told("maria") == 2


def test_digest_is_resolved_and_its_issue_stays_open_when_people_have_acted(desk: Desk) -> None:
    desk.stale()
    desk.acts(PAULS, "petra")
    desk.stale(now=TUESDAY)
    (body,) = desk.digests("paul")
    assert "Resolved: no stale items remain." in body
    assert desk.issue("paul").is_open
    assert len(desk.issues()) == 2


def test_run_over_some_files_keeps_the_digest_lines_of_the_others(desk: Desk) -> None:
    desk.stale()
    desk.acts(ONE)
    desk.stale(desk.file(ONE), now=TUESDAY)
    assert lines(desk.standing("maria")) == [TWO, TWO]
    assert "not checked in this run" in desk.standing("maria")
    assert lines(desk.standing("paul")) == [PAULS, PAULS]
    desk.writes()
    desk.stale(now=TUESDAY)
    assert desk.writes() == 0, "the same is told, so nothing is edited"


def test_engagement_that_cannot_be_read_stays_in_the_digest(desk: Desk) -> None:
    desk.stale()
    text = desk.file(TWO).read_text()
    desk.file(TWO).write_text(text.replace("manager: maria", "manager: [maria"))
    desk.acts(ONE)
    assert desk.stale(now=TUESDAY).exit_code == 2
    assert lines(desk.standing("maria")) == [TWO, TWO]


def test_engagement_that_gitlab_does_not_show_stays_in_the_digest(desk: Desk) -> None:
    desk.stale()
    desk.acts(ONE)
    text = desk.file(TWO).read_text()
    desk.file(TWO).write_text(text.replace("acme/delivery/project ", "acme/delivery/nowhere "))
    done = desk.stale(now=TUESDAY)
    assert done.exit_code == 3, done.output
    assert lines(desk.standing("maria")) == [TWO, TWO]


def test_engagement_whose_file_is_deleted_leaves_the_digest(desk: Desk) -> None:
    desk.stale()
    desk.file(TWO).unlink()
    desk.stale(now=TUESDAY)
    assert lines(desk.standing("maria")) == [ONE, ONE]


def test_engagement_moves_to_the_digest_of_its_new_manager(desk: Desk) -> None:
    desk.stale()
    text = desk.file(TWO).read_text()
    desk.file(TWO).write_text(
        text.replace("manager: maria", "manager: paul").replace("[paul, petra]", "[petra]")
    )
    desk.stale(now=TUESDAY)
    assert lines(desk.standing("maria")) == [ONE, ONE]
    assert lines(desk.standing("paul")) == [TWO, TWO, PAULS, PAULS]


def test_run_that_stops_before_an_engagement_keeps_its_digest_lines(desk: Desk) -> None:
    desk.stale()
    digests = desk.digests("maria"), desk.digests("paul")
    assert desk.stale("--max-requests", 1, now=TUESDAY).exit_code == 5
    assert (desk.digests("maria"), desk.digests("paul")) == digests


def test_limit_of_notes_lets_the_managers_go_first(desk: Desk) -> None:
    first = desk.stale("--max-notes", 1)
    assert first.exit_code == 5
    assert "digest of paul" in first.stdout
    assert "postponed to the next run because a limit is reached" in " ".join(first.stdout.split())
    assert (desk.told("maria"), desk.told("paul")) == (1, 0)
    assert desk.stale("--max-notes", 2, now=TUESDAY).exit_code == 5
    assert (desk.told("maria"), desk.told("paul")) == (1, 1)
    assert desk.stale(now=TUESDAY).exit_code == 4
    assert (desk.told("maria"), desk.told("paul")) == (1, 1)


def test_no_issue_is_made_where_nothing_may_be_posted(desk: Desk) -> None:
    assert desk.stale("--max-notes", 0).exit_code == 5
    assert (desk.issues(), desk.writes()) == ([], 0)


def test_issue_that_a_person_closed_stays_closed_and_gets_digests(desk: Desk) -> None:
    desk.stale()
    world = desk.sandbox.world
    root = world.user("root")
    assert root
    create_note(world, root, desk.issue("maria"), "Seen.\n\n/close")
    desk.stale(now="2026-12-03T09:00+01:00")
    assert not desk.issue("maria").is_open
    assert desk.told("maria") == 2


def test_name_of_a_manager_who_cannot_see_the_project_is_no_mention(desk: Desk) -> None:
    world = desk.sandbox.world
    world.ensure_namespace("acme/board", is_group=True)
    place = world.ensure_namespace("acme/board/digests", is_group=False)
    done = desk.psbot("stale", "--digest-project", "acme/board/digests", now=NEXT_MONDAY)
    assert done.exit_code == 4, done.output
    bodies = [note.body for item in world.items_of[place.namespace_id].values() for note in item.notes]
    assert len(bodies) == 2
    assert all("(not notified: no access to this project)" in body for body in bodies)
    assert not any("@" in body for body in bodies)


def test_digest_whose_words_a_person_has_changed_is_left(desk: Desk) -> None:
    desk.stale()
    world = desk.sandbox.world
    (note,) = (each for each in desk.issue("maria").notes if not each.is_system)
    root = world.user("root")
    assert root
    update_note(world, root, note, f"{note.body}\n\nSee you on Thursday.")
    desk.acts(ONE)
    desk.stale(now=TUESDAY)
    assert "See you on Thursday." in desk.standing("maria")


def test_issue_that_a_person_made_after_the_same_pattern_is_not_taken(desk: Desk) -> None:
    world = desk.sandbox.world
    place, maria = world.namespace(DIGESTS), world.user("maria")
    assert place
    assert maria
    marker = "<!-- psbot portfolio digest: manager=maria -->\n"
    create_item(
        world, maria, place, ItemType.ISSUE, ItemChange(title="Mine", description=marker, confidential=True)
    )
    desk.stale()
    mine, *others = desk.issues()
    assert mine.notes == [] or all(note.is_system for note in mine.notes)
    assert len(others) == 2


def test_older_one_of_two_issues_has_the_digest_and_the_other_is_superseded(desk: Desk) -> None:
    desk.stale()
    world = desk.sandbox.world
    place, bot = world.namespace(DIGESTS), world.user("psbot-bot")
    assert place
    assert bot
    first = desk.issue("maria")
    change = ItemChange(title=first.title, description=first.description, confidential=True)
    twin = create_item(world, bot, place, ItemType.ISSUE, change)
    create_note(world, bot, twin, first.notes[-1].body)
    told = desk.told("maria")
    desk.stale(now=TUESDAY)
    (body,) = (note.body for note in twin.notes if not note.is_system)
    assert "Resolved: superseded by a newer digest." in body
    assert "psbot told" in first.notes[-1].body
    assert desk.told("maria") == told


FAULTS = {
    "503 before": Fault(FaultKind.STATUS, FaultTiming.BEFORE),
    "503 after": Fault(FaultKind.STATUS, FaultTiming.AFTER),
    "cut after": Fault(FaultKind.RESET, FaultTiming.AFTER),
    "cut before": Fault(FaultKind.RESET, FaultTiming.BEFORE),
    "rate limit": Fault(FaultKind.STATUS, FaultTiming.BEFORE, status=429, retry_after="1"),
    "not JSON": Fault(FaultKind.NOT_JSON, FaultTiming.AFTER),
    "partly": Fault(FaultKind.PARTIAL, FaultTiming.BEFORE, first=1),
}


@pytest.mark.parametrize("operation", ["CreateItems", "CreateNotes"])
@pytest.mark.parametrize("name", FAULTS)
def test_whatever_becomes_of_a_write_the_next_run_leaves_one_issue_and_one_digest_a_manager(
    desk: Desk, name: str, operation: str
) -> None:
    desk.sandbox.gate.faults.add(replace(FAULTS[name], operation=operation))
    broken = desk.stale()
    assert broken.exit_code in (3, 4), broken.output
    ends_well(desk)


@pytest.mark.parametrize("operation", ["Audience", "Listing"])
def test_whatever_cannot_be_read_the_next_run_leaves_one_issue_and_one_digest_a_manager(
    desk: Desk, operation: str
) -> None:
    desk.sandbox.gate.faults.add(Fault(FaultKind.REDIRECT, operation=operation))
    broken = desk.stale()
    assert broken.exit_code == 3, broken.output
    ends_well(desk)


def test_nothing_is_posted_as_long_as_the_digests_that_stand_cannot_be_read(desk: Desk) -> None:
    desk.stale()
    desk.writes()
    desk.sandbox.gate.faults.add(Fault(FaultKind.REDIRECT, operation="Comments", times=99))
    broken = desk.stale(now=TUESDAY)
    assert (broken.exit_code, desk.writes()) == (3, 0), broken.output
    desk.sandbox.gate.faults.clear()
    ends_well(desk)


HIDING = {
    "no issue in the list": Fault(
        FaultKind.EMPTY_LIST, operation="Listing", match=lambda each: b"confidential: " in each.body
    ),
    "no confidential issue": Fault(
        FaultKind.NO_CONFIDENTIAL, operation="Listing", match=lambda each: b"confidential: " in each.body
    ),
    "no note": Fault(FaultKind.EMPTY_LIST, operation="Comments"),
}


@pytest.mark.parametrize("name", HIDING)
def test_incomplete_list_notifies_nobody_twice(desk: Desk, name: str) -> None:
    desk.stale()
    desk.writes()
    fault = desk.sandbox.gate.faults.add(replace(HIDING[name]))
    broken = desk.stale(now=TUESDAY)
    assert fault.applied == 1
    assert desk.writes() == 0, broken.output
    ends_well(desk)


def ends_well(desk: Desk) -> None:
    """Run again, undisturbed: every manager has one issue with one digest, and has heard of it once."""
    done = desk.stale(now=TUESDAY)
    assert done.exit_code == 4, done.output
    assert sorted(each.title.split()[-1] for each in desk.issues()) == ["maria", "paul"]
    assert lines(desk.standing("maria")) == [ONE, ONE, TWO, TWO]
    assert lines(desk.standing("paul")) == [PAULS, PAULS]
    assert (desk.told("maria"), desk.told("paul")) == (1, 1)
    desk.writes()
    desk.stale(now=TUESDAY)
    assert desk.writes() == 0


def test_project_that_a_customer_reads_is_refused(desk: Desk) -> None:
    refused = desk.psbot("stale", "--digest-project", "acme/delivery/Project", now=NEXT_MONDAY)
    assert (refused.exit_code, desk.writes()) == (2, 0)
    assert (
        f"acme/delivery/Project is visible to the customer of {PAULS}, so psbot posts no digest there"
        in refused.stderr
    )


def test_project_that_is_not_private_is_refused(desk: Desk) -> None:
    desk.sandbox.world.ensure_namespace("acme/open", is_group=False, visibility="internal")
    refused = desk.psbot("stale", "--digest-project", "acme/open", now=NEXT_MONDAY)
    assert (refused.exit_code, desk.writes()) == (2, 0)
    assert "acme/open is not private" in refused.stderr


def test_project_that_gitlab_does_not_show_is_an_error_before_anything_is_written(desk: Desk) -> None:
    refused = desk.psbot("stale", "--digest-project", "acme/nowhere", now=NEXT_MONDAY)
    assert (refused.exit_code, desk.writes()) == (3, 0)
    assert "acme/nowhere (--digest-project) does not exist or is not visible" in refused.stderr


def test_share_of_a_portfolio_has_no_digest_of_all_of_it(desk: Desk) -> None:
    refused = desk.stale(CI_NODE_INDEX="1", CI_NODE_TOTAL="2")
    assert (refused.exit_code, desk.writes()) == (2, 0)
    assert "run it in a separate job without shards" in refused.stderr


def test_preview_reports_that_it_omits_the_digests(desk: Desk) -> None:
    shown = desk.stale("--preview")
    assert (shown.exit_code, desk.writes()) == (0, 0)
    assert "the preview does not include portfolio digests" in shown.stderr


def test_json_and_markdown_have_the_digests(desk: Desk) -> None:
    maria, paul = json.loads(desk.stale("--format", "json").stdout)["digests"]
    assert (maria["manager"], maria["item"], maria["findings"], maria["made"]) == (
        "maria",
        f"{DIGESTS}#1",
        4,
        True,
    )
    assert {each["op"] for each in paul["receipts"]} == {"create-child", "post-notice"}
    shown = desk.stale("--format", "markdown").stdout
    assert "### Portfolio digests" in shown
    assert "unchanged" in shown


@pytest.mark.parametrize("how", [(), ("--as-me",)])
def test_persons_token_writes_no_digest(desk: Desk, how: tuple[str, ...]) -> None:
    refused = desk.stale(*how, token="maria")
    assert (refused.exit_code, desk.writes()) == (3, 0)
    assert "the token belongs to maria, a person" in refused.stderr


def test_project_that_is_in_no_group_is_refused() -> None:
    gitlab = FakeGitLab()
    gitlab.levels["maria/digests"] = 40
    with pytest.raises(PsbotError, match="maria/digests is not in a group"):
        find_digest_project(gitlab, "maria/digests", [], PROCESS)
