"""Sending in rounds: what was not sent is sent again after GitLab's pause, within the budget."""

from collections.abc import Sequence

from psbot.apply.apply import WriteTools
from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import ApplyResult, Outcome, Receipt
from psbot.apply.send_all import Sender
from psbot.core.model.item import Item
from psbot.core.model.operations import Operation, PostNotice
from psbot.core.model.process import Limits
from psbot.gitlab.ports import RateLimited
from psbot.gitlab.wait_budget import WaitBudget
from tests.support.builders import GROUP, INTERNAL
from tests.support.fakes import FakeGitLab
from tests.support.runs import Watch, one, run


def notices(gitlab: FakeGitLab, count: int) -> list[Operation]:
    run(gitlab)
    log = one(gitlab, "log")
    item = Item("log", "log", INTERNAL, log.title, log.description, gid=log.gid, iid=log.iid)
    return [PostNotice(item, f"finding-{number}", f"Text {number}", "finding") for number in range(count)]


def send(
    gitlab: FakeGitLab, operations: Sequence[Operation], watch: Watch, budget: float = 600
) -> list[Receipt]:
    receipts: list[Receipt] = []

    def next_round(result: ApplyResult) -> Sequence[Operation] | None:
        receipts.extend(each for each in result.receipts if not each.was_not_sent)
        return [each.operation for each in result.receipts if each.was_not_sent] or None

    tools = WriteTools(gitlab, gitlab, Limits(connections=1, batch=1), lambda: watch.seconds)
    sender = Sender("notices", GROUP, IdLookup(), tools, WaitBudget(budget, watch.wait))
    sender.send_all(operations, next_round)
    return receipts


def limit(gitlab: FakeGitLab, seconds: float) -> None:
    gitlab.skip_faults["create_notes"] = 1
    gitlab.fail("create_notes", lambda: RateLimited("too many requests", seconds), carried_out=False)


def test_everything_is_sent_in_one_round_without_a_pause(gitlab: FakeGitLab) -> None:
    watch = Watch()
    assert {each.outcome for each in send(gitlab, notices(gitlab, 3), watch)} == {Outcome.DONE}
    assert watch.seconds == 0


def test_what_was_not_sent_is_sent_after_the_pause(gitlab: FakeGitLab) -> None:
    operations, watch = notices(gitlab, 4), Watch()
    limit(gitlab, 30)
    receipts = send(gitlab, operations, watch)
    assert [each.outcome for each in receipts] == [Outcome.DONE, Outcome.PENDING, Outcome.DONE, Outcome.DONE]
    assert watch.seconds == 30


def test_nothing_more_is_sent_when_the_pause_is_longer_than_the_budget(gitlab: FakeGitLab) -> None:
    operations, watch = notices(gitlab, 4), Watch()
    limit(gitlab, 30)
    receipts = send(gitlab, operations, watch, budget=29)
    assert [each.outcome for each in receipts] == [Outcome.DONE, Outcome.PENDING]
    assert watch.seconds == 0
