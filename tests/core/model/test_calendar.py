"""Counting business days, compared with numpy."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from psbot.core.model.calendar import Workdays, iso_week, monday_of

BAVARIA = Workdays(frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 1, 6)}))

dates = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_after_counts_business_days_from_the_day_after_the_base() -> None:
    assert BAVARIA.after(date(2026, 11, 16), 3) == date(2026, 11, 19)
    assert BAVARIA.after(date(2026, 12, 1), 5) == date(2026, 12, 8)
    assert BAVARIA.after(date(2027, 2, 26), 10) == date(2027, 3, 12)


def test_after_zero_days_leaves_a_day_off_where_it_is() -> None:
    saturday = date(2026, 11, 28)
    assert BAVARIA.after(saturday, 0) == saturday


def test_iso_week_53_belongs_to_the_old_year() -> None:
    assert iso_week(date(2027, 1, 1)) == "2026-W53"
    assert iso_week(date(2026, 12, 31)) == "2026-W53"
    assert monday_of(date(2027, 1, 1)) == date(2026, 12, 28)


def test_last_business_day_of_a_week_is_the_day_before_its_holidays() -> None:
    assert BAVARIA.last_between(date(2026, 12, 21), date(2026, 12, 27)) == date(2026, 12, 24)
    assert BAVARIA.last_between(date(2026, 12, 28), date(2027, 1, 3)) == date(2026, 12, 31)
    assert BAVARIA.last_between(date(2026, 12, 26), date(2026, 12, 27)) is None


@given(dates, st.integers(0, 60), st.frozensets(dates, max_size=30))
def test_after_agrees_with_numpy(base: date, count: int, off: frozenset[date]) -> None:
    expected = np.busday_offset(np.datetime64(base), count, roll="backward", holidays=sorted(off))
    if count:
        assert Workdays(off).after(base, count) == expected.astype(date)


@given(dates, st.integers(0, 60), st.frozensets(dates, max_size=30))
def test_before_agrees_with_numpy(base: date, count: int, off: frozenset[date]) -> None:
    expected = np.busday_offset(np.datetime64(base), -count, roll="forward", holidays=sorted(off))
    if count:
        assert Workdays(off).before(base, count) == expected.astype(date)


@given(dates, st.integers(0, 400), st.frozensets(dates, max_size=30))
def test_between_agrees_with_numpy(start: date, length: int, off: frozenset[date]) -> None:
    end = date.fromordinal(start.toordinal() + length)
    first, last = (date.fromordinal(day.toordinal() + 1) for day in (start, end))
    assert Workdays(off).count_between(start, end) == np.busday_count(first, last, holidays=sorted(off))
