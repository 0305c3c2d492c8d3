import subprocess
import sys
import warnings

import holidays
import pytest

# In a process of its own, because a process has the library's packages once and for all.
ALONE = """
import sys
from psbot.engagements.public_holidays import holidays_in
print(*sorted(holidays_in(sys.argv[1], 2024, 2029)))
print(*sorted(name for name in ("holidays", "holidays.countries") if name in sys.modules))
"""

BY_TEXT = """
from psbot.engagements.public_holidays import holidays_in
holidays_in("DE", 2026, 2026)
import holidays
print("25 December 2026" in holidays.country_holidays("DE"))
"""


@pytest.mark.parametrize(
    ("region", "packages"),
    [
        ("DE", ""),
        ("DE-BY", ""),
        ("GB-SCT", ""),
        ("US-CA", ""),
        ("TW", ""),
        ("NE", "holidays"),  # its module imports from the package, whose code has to run then
        ("SR", "holidays"),
    ],
)
def test_holidays_in_are_the_librarys_when_a_country_is_imported_alone(region: str, packages: str) -> None:
    command = [sys.executable, "-W", "error", "-c", ALONE, region]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    country, _, subdivision = region.partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = holidays.country_holidays(country, subdiv=subdivision or None, years=range(2024, 2030))
    assert done.stdout.split("\n") == [" ".join(map(str, sorted(theirs))), packages, ""]


def test_library_answers_by_text_too_when_its_country_was_imported_alone() -> None:
    done = subprocess.run([sys.executable, "-c", BY_TEXT], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
