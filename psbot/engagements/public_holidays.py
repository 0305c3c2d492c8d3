"""Public holidays by ISO country and subdivision, from the library ``holidays``."""

import importlib.util
import types
import warnings
from contextlib import AbstractContextManager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from psbot.parsing.import_shims import shim_modules
from psbot.parsing.validation import suggest


@cache
def holidays_in(region: str, first_year: int, last_year: int) -> frozenset[date]:
    """Return the public holidays of *region* (``DE`` or ``DE-BY``) from *first_year* to *last_year*, inclusive.

    Raises LookupError for an unknown region; see :func:`region_problem`.
    """
    country, _, subdivision = region.partition("-")
    calendar = _country_class(country)
    if calendar is None or (subdivision and subdivision not in calendar.subdivisions):
        raise LookupError(region)
    years = range(first_year, last_year + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library deprecates names of its own that ISO keeps
        return frozenset(calendar(subdiv=subdivision or None, years=years))


def region_problem(region: str) -> tuple[str, str] | None:
    """Return what is wrong with *region* and how to fix it; None for a known region."""
    country, _, subdivision = region.partition("-")
    calendar = _country_class(country)
    if calendar is None:
        hint = (
            "write an ISO 3166 country code such as DE, GB or US, optionally with a subdivision such as DE-BY"
        )
        return f"no public holidays are known for the country {country}", hint
    if subdivision and subdivision not in calendar.subdivisions:
        return f"{country} has no subdivision {subdivision}", suggest(subdivision, calendar.subdivisions)
    return None


@cache
def _country_class(country: str) -> Any | None:  # noqa: ANN401  the library's classes share no type of use here
    try:
        with _without_side_imports("holidays", "holidays.countries"):
            return _import_country(country)
    except ImportError:  # a few countries want what ``holidays`` holds
        importlib.import_module("holidays")
    with _without_side_imports("holidays.countries"):
        return _import_country(country)


def _import_country(country: str) -> Any | None:  # noqa: ANN401  as above
    from holidays.registry import COUNTRIES

    for module, names in COUNTRIES.items():
        if names[1] == country:
            return getattr(importlib.import_module(f"holidays.countries.{module}"), names[0])
    return None


def _without_side_imports(*names: str) -> AbstractContextManager[None]:
    """Let modules of the library be imported without the other imports of its packages *names*.

    ``holidays.countries`` imports all 250 countries, which takes longer than the rest of validating a file,
    and ``holidays`` looks up its own version, for which Python imports the e-mail library. Inside this context, empty
    packages replace them, except those that are already imported. A date parser is replaced by one that imports the
    real one when called: psbot never passes dates as text.
    """
    spec = importlib.util.find_spec("holidays")
    top = Path(str(spec and spec.origin)).parent.parent
    packages = {name: types.ModuleType(name) for name in names}
    for name, package in packages.items():
        package.__path__ = [str(top.joinpath(*name.split(".")))]
    parser = types.ModuleType("dateutil.parser")
    vars(parser)["parse"] = _parse
    return shim_modules(packages | {parser.__name__: parser})


def _parse(*args: Any, **named: Any) -> Any:  # noqa: ANN401  the parser's own
    return importlib.import_module("dateutil.parser").parse(*args, **named)
