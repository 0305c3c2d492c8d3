"""Public holidays by ISO country and subdivision, from the library ``holidays``."""

import importlib
import importlib.util
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from psbot.validation import suggestion


@cache
def days_off(region: str, first_year: int, last_year: int) -> frozenset[date]:
    """Return the public holidays of *region* (``DE`` or ``DE-BY``) in the years given, both counted.

    Raises LookupError for a region that the library does not know; see :func:`unknown`.
    """
    country, _, subdivision = region.partition("-")
    calendar = _calendar(country)
    if calendar is None or (subdivision and subdivision not in calendar.subdivisions):
        raise LookupError(region)
    years = range(first_year, last_year + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library deprecates names of its own that ISO keeps
        return frozenset(calendar(subdiv=subdivision or None, years=years))


def unknown(region: str) -> tuple[str, str] | None:
    """Say what is wrong with *region*, and what would be right; None for one that is known."""
    country, _, subdivision = region.partition("-")
    calendar = _calendar(country)
    if calendar is None:
        hint = "write an ISO 3166 country code such as DE, GB or US, with a subdivision such as DE-BY where it matters"
        return f"no public holidays are known for the country {country}", hint
    if subdivision and subdivision not in calendar.subdivisions:
        return f"{country} has no subdivision {subdivision}", suggestion(subdivision, calendar.subdivisions)
    return None


def _calendar(country: str) -> Any | None:  # noqa: ANN401  the library's classes share no type of use here
    from holidays.registry import COUNTRIES

    for module, names in COUNTRIES.items():
        if names[1] == country:
            with _without_the_other_countries():
                return getattr(importlib.import_module(f"holidays.countries.{module}"), names[0])
    return None


@contextmanager
def _without_the_other_countries() -> Iterator[None]:
    """Let one country's module be imported alone.

    ``holidays.countries`` imports all 250 of them, which takes longer than everything else that validating a file
    does. While this holds, an empty package of the same name stands in its place.
    """
    name = "holidays.countries"
    if name in sys.modules:
        yield
        return
    spec = importlib.util.find_spec("holidays")
    package = types.ModuleType(name)
    package.__path__ = [str(Path(str(spec and spec.origin)).parent / "countries")]
    sys.modules[name] = package
    try:
        yield
    finally:
        del sys.modules[name]
