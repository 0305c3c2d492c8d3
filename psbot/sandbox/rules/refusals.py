"""The errors of refused requests; each API gives them the shape that GitLab gives them there."""

from collections.abc import Iterable, Mapping


class Refusal(Exception):
    """A request that GitLab refuses."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Refusal):
    """The object does not exist, or the user may not know that it does."""

    status = 404


class Forbidden(Refusal):
    """The user may see the object but may not do this."""

    status = 403


class Conflict(Refusal):
    """The object exists already."""

    status = 409


class Invalid(Refusal):
    """A validation failed; ``fields`` has the messages by attribute."""

    def __init__(self, fields: Mapping[str, Iterable[str]] | str) -> None:
        self.fields = {} if isinstance(fields, str) else {key: list(value) for key, value in fields.items()}
        super().__init__(fields if isinstance(fields, str) else "; ".join(self.full_messages()))

    def full_messages(self) -> list[str]:
        """Return the messages as full sentences, as mutation payloads have them."""
        if not self.fields:
            return [self.message]
        return [
            f"{key.replace('_', ' ').capitalize()} {text}"
            for key, texts in self.fields.items()
            for text in texts
        ]
