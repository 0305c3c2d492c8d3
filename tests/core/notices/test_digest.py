"""The digest: when it is posted, when it is edited, and when it is left alone."""

from datetime import UTC, date, datetime

from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import PostNotice
from psbot.core.notices.digest import DigestEntry, DigestLine, entries_of, last_entries, plan_digests
from psbot.core.notices.notice import DIGEST, plan_notices
from psbot.core.plan.plan import Plan
from tests.support.builders import INTERNAL

LOG = Item("log", "engagement-log", INTERNAL, "Engagement log", "", gid="gid://gitlab/WorkItem/1", iid=1)
DAY, LATER = date(2026, 11, 23), date(2026, 12, 1)
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
READERS = frozenset({"maria", "paul"})
STALE, ESCALATED = "ps-attention::stale", "ps-attention::escalated"


def line(item: str, *people: str, since: date = DAY, rung: int = 0) -> DigestLine:
    return DigestLine(
        DigestEntry("idle", item, since, rung), f"{item}: nobody", f"{INTERNAL}#1", people or ("paul",)
    )


def posted(*lines: DigestLine, gid: str = "n1", is_edited: bool = False) -> Notice:
    (new,) = plan_digests(LOG, lines, (), READERS)
    return Notice(DIGEST, new.body, gid, is_edited)


def written(lines: list[DigestLine], *standing: Notice) -> list[tuple[str | None, str]]:
    return [(each.note_gid, kind(each)) for each in plan_digests(LOG, lines, standing, READERS)]


def kind(each: PostNotice) -> str:
    if entries_of(each.body) is not None:
        return "told"
    return "Superseded" if "newer digest" in each.body else each.body.splitlines()[1].split()[0]


def test_nothing_is_written_when_the_digest_has_all_entries() -> None:
    lines = [line("kick-off"), line("intake-aws", "maria")]
    assert written(lines, posted(*lines)) == []
    assert written([]) == []


def test_new_or_escalated_entry_supersedes_the_digest() -> None:
    before = posted(line("kick-off"))
    for lines in (
        [line("kick-off"), line("intake-aws")],
        [line("kick-off", rung=1)],
        [line("kick-off", since=LATER)],
    ):
        assert written(lines, before) == [("n1", "Superseded"), (None, "told")]


def test_digest_shrinks_in_place() -> None:
    before = posted(line("kick-off", rung=1), line("intake-aws"))
    assert written([line("kick-off", rung=1)], before) == [("n1", "told")]
    assert written([line("kick-off", rung=0)], before) == [("n1", "told")]


def test_digest_is_resolved_when_no_entry_is_left_and_then_posted_again() -> None:
    before = posted(line("kick-off"))
    (resolved,) = plan_digests(LOG, [], [before], READERS)
    assert (resolved.note_gid, kind(resolved)) == ("n1", "Resolved:")
    gone = Notice(DIGEST, resolved.body, "n1")
    assert written([], gone) == []
    assert written([line("kick-off")], gone) == [(None, "told")]


def test_digest_that_a_person_edited_is_left_alone() -> None:
    before = posted(line("kick-off"), line("intake-aws"), is_edited=True)
    assert written([line("kick-off")], before) == []
    assert written([], before) == []
    assert written([line("standup/2026-W50")], before) == [(None, "told")]


def test_older_digest_that_a_run_left_behind_is_superseded() -> None:
    old, new = posted(line("kick-off")), posted(line("kick-off"), line("intake-aws"), gid="n2")
    assert written([line("kick-off"), line("intake-aws")], old, new) == [("n1", "Superseded")]


def test_each_person_is_mentioned_once_and_who_cannot_see_the_log_is_not() -> None:
    lines = [line("kick-off", "paul", "ada"), line("intake-aws", "paul")]
    (new,) = plan_digests(LOG, lines, (), READERS)
    assert Plan("x", (new,)).notifications() == {"paul": 1}
    body = posted(line("kick-off", "paul", "ada"), line("intake-aws", "paul"), line("call/2026-12-08")).body
    assert body.count("@paul") == 1
    assert "@ada" not in body
    assert "ada (not notified: no access to this project)" in body


def test_comment_that_a_person_broke_has_no_entries() -> None:
    body = posted(line("kick-off")).body
    assert entries_of(body) == frozenset({DigestEntry("idle", "kick-off", DAY, 0)})
    assert entries_of(body.replace("2026-11-23", "2026-99-23")) is None
    assert entries_of(body.replace("psbot told", "psbot tells")) is None


def test_advance_leaves_the_digest_alone() -> None:
    assert list(plan_notices(LOG, [], [posted(line("kick-off"))])) == []


def test_digest_names_the_first_five_hundred_findings_of_a_person_and_remembers_all() -> None:
    lines = [line(f"change-request/{number}") for number in range(15_000)]
    digest = posted(*lines)
    assert digest.body.count("\n- change-request") == 500
    assert digest.body.endswith("- plus 14500 more\n")
    assert len(digest.body) < 1_000_000, "GitLab's limit of a note"
    assert last_entries([digest]) == {each.entry for each in lines}
