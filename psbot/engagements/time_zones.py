"""Knows the time zones of the IANA database, and suggests the one that was meant."""

from zoneinfo import ZoneInfo, available_timezones

from psbot.parsing.validation import suggest


def is_time_zone(name: str) -> bool:
    """Tell whether *name* is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def suggest_time_zone(name: str) -> str:
    """Return the nearest known zone, by the whole name or by its city."""
    zones = {zone.lower(): zone for zone in available_timezones() if "/" in zone or zone == "UTC"}
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    if city := cities.get(name.lower().rpartition("/")[2]):
        return f"did you mean {zones[city]}?"
    near = suggest(name, zones)
    known = near.removeprefix("did you mean ").removesuffix("?")
    return (
        f"did you mean {zones[known]}?"
        if known in zones
        else "write a zone such as Europe/Berlin or America/New_York"
    )
