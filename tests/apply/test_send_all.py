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


def notices(forge: FakeGitLab, count: int) -> list[Operation]:
    run(forge)
    log = one(forge, "log")
    item = Item("log", "log", INTERNAL, log.title, log.description, gid=log.gid, iid=log.iid)
    return [PostNotice(item, f"finding-{number}", f"Text {number}", "finding") for number in range(count)]


def send(
    forge: FakeGitLab, operations: Sequence[Operation], watch: Watch, budget: float = 600
) -> list[Receipt]:
    receipts: list[Receipt] = []

    def next_round(result: ApplyResult) -> Sequence[Operation] | None:
        receipts.extend(each for each in result.receipts if not each.was_not_sent)
        return [each.operation for each in result.receipts if each.was_not_sent] or None

    tools = WriteTools(forge, forge, Limits(connections=1, batch=1), lambda: watch.seconds)
    sender = Sender("notices", GROUP, IdLookup(), tools, WaitBudget(budget, watch.wait))
    sender.send_all(operations, next_round)
    return receipts


def limit(forge: FakeGitLab, seconds: float) -> None:
    forge.skip_faults["create_notes"] = 1
    forge.fail("create_notes", lambda: RateLimited("too many requests", seconds), carried_out=False)


def test_everything_is_sent_in_one_round_without_a_pause(forge: FakeGitLab) -> None:
    watch = Watch()
    assert {each.outcome for each in send(forge, notices(forge, 3), watch)} == {Outcome.DONE}
    assert watch.seconds == 0


def test_what_was_not_sent_is_sent_after_the_pause(forge: FakeGitLab) -> None:
    operations, watch = notices(forge, 4), Watch()
    limit(forge, 30)
    receipts = send(forge, operations, watch)
    assert [each.outcome for each in receipts] == [Outcome.DONE, Outcome.PENDING, Outcome.DONE, Outcome.DONE]
    assert watch.seconds == 30


def test_nothing_more_is_sent_when_the_pause_is_longer_than_the_budget(forge: FakeGitLab) -> None:
    operations, watch = notices(forge, 4), Watch()
    limit(forge, 30)
    receipts = send(forge, operations, watch, budget=29)
    assert [each.outcome for each in receipts] == [Outcome.DONE, Outcome.PENDING]
    assert watch.seconds == 0
