"""Numbers with their nouns: ``1 finding``, ``2 findings``."""


def quantity(number: int, noun: str, plural: str = "") -> str:
    """Return *number* with *noun* in the right form; *plural* where it is not *noun* with an ``s``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
