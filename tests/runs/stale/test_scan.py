"""Scanning a portfolio: what is read, and for how many engagements at once."""

from datetime import timedelta

from tests.runs.stale.portfolios import WEEK, keys, ready
from tests.support.builders import NOW


def test_engagements_of_a_group_share_requests() -> None:
    portfolio = ready(12)
    told = portfolio.run()
    assert all(len(each.stale) == 1 for each in told.values())
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 12
    # Lists decide: nothing but the logs' digests is read besides, all of them together.
    assert portfolio.gitlab.requests.count("whole histories") == 0
    assert portfolio.gitlab.requests.count("comments") == 1
    assert len(portfolio.gitlab.writes) <= 4 + 4, "two items and one digest each, in batches"
    portfolio.again()


def test_items_that_psbot_changed_since_are_read_for_all_engagements_together() -> None:
    portfolio = ready(12)
    portfolio.run()
    portfolio.at(NOW + WEEK + timedelta(days=1))
    portfolio.run()
    assert portfolio.gitlab.requests.count("whole histories") == 1
    assert portfolio.gitlab.writes == []


def test_notes_that_cannot_be_read_are_no_activity_and_no_silence() -> None:
    portfolio = ready(1)
    portfolio.run()
    (item,) = portfolio.gitlab.by_key("welcome-email")
    portfolio.gitlab.hidden_notes = {item.gid}
    portfolio.at(NOW + WEEK + timedelta(days=3))
    (told,) = portfolio.run().values()
    assert [each.item for each in told.unchecked] == ["welcome-email"]
    assert told.stale == ()
    assert portfolio.gitlab.writes == [], "what was told stays, because nothing new is known"
