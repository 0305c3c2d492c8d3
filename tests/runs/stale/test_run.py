"""A run of `psbot stale`: shards, limits of requests and time."""

import pytest

from psbot.errors import ExitCode
from psbot.runs.stale.run import Shard
from psbot.runs.stale.run import StaleRunLimits as RunLimits
from tests.runs.stale.portfolios import keys, ready


@pytest.mark.parametrize("total", [1, 2, 3, 7])
def test_every_engagement_has_one_share_and_keeps_it(total: int) -> None:
    names = [f"engagement-{number}" for number in range(200)]
    shares = [{name for name in names if Shard(index, total).contains(name)} for index in range(1, total + 1)]
    assert sum(map(len, shares)) == 200
    assert set().union(*shares) == set(names)
    assert all(len(share) > 200 / total / 2 for share in shares)
    assert shares[0] == {name for name in reversed(names) if Shard(1, total).contains(name)}


def test_two_shards_at_once_write_each_thing_once() -> None:
    portfolio = ready(8)
    halves = [
        [each for each in portfolio.engagements if Shard(index, 2).contains(each.key)] for index in (1, 2)
    ]
    assert all(halves)

    def other() -> None:
        portfolio.run(which=halves[1])

    portfolio.gitlab.before_write.append(other)
    portfolio.run(which=halves[0])
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 8
    portfolio.again()


def test_run_stops_after_so_many_requests_and_the_next_goes_on() -> None:
    portfolio = ready(40)
    total = 0
    for _ in range(30):
        told = portfolio.run(RunLimits(requests=12))
        total += 1
        assert len(portfolio.gitlab.requests) <= 12 + 4, "what is under way is not cut"
        if portfolio.flagged() == keys(portfolio) and len(portfolio.digests()) == 40:
            break
        assert len(told) < 40 or any(each.error or each.is_postponed for each in told.values())
    assert 1 < total < 30
    portfolio.again()


def test_run_stops_when_its_time_is_over() -> None:
    portfolio = ready(3)
    portfolio.gitlab.before_write.append(lambda: portfolio.wait(100))
    told = portfolio.run(RunLimits(seconds=50))
    assert any(each.error and each.error.exit_code is ExitCode.LIMIT for each in told.values())
    portfolio.run()
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 3
