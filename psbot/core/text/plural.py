"""Numbers with their noun, singular or plural: "1 finding", "2 findings"."""


def with_count(count: int, noun: str, plural: str = "") -> str:
    """Return *count* with *noun*, in the *plural* (by default with an s) where there is not exactly one."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
