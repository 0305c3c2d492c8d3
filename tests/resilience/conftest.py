from collections.abc import Callable

import pytest

from tests.resilience.counting import PLAYED


@pytest.fixture
def count_cases(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Note how many cases of a row were played; see tests/resilience/rows.py."""

    def count(row: str, played: int) -> None:
        request.node.user_properties.append((PLAYED, (row, played)))

    return count
