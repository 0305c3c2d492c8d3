"""How the instance refuses: each API gives a refusal the shape that GitLab gives it there."""

from collections.abc import Iterable, Mapping


class Refusal(Exception):
    """A request that GitLab does not carry out."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Refusal):
    """The thing is not there, or the user may not know that it is."""

    status = 404


class Forbidden(Refusal):
    """The user may know of the thing, and may not do this with it."""

    status = 403


class Conflict(Refusal):
    """The thing is there already."""

    status = 409


class Invalid(Refusal):
    """A validation failed; ``fields`` names attributes with what is wrong with each."""

    def __init__(self, fields: Mapping[str, Iterable[str]] | str) -> None:
        self.fields = {} if isinstance(fields, str) else {key: list(value) for key, value in fields.items()}
        super().__init__(fields if isinstance(fields, str) else "; ".join(self.full_messages()))

    def full_messages(self) -> list[str]:
        """Return the messages as full sentences, the way mutation payloads carry them."""
        if not self.fields:
            return [self.message]
        return [
            f"{key.replace('_', ' ').capitalize()} {text}"
            for key, texts in self.fields.items()
            for text in texts
        ]
