"""The shape of an engagement file as pydantic models; rules across keys are in ``checks``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from psbot.core.text.escape import one_line
from psbot.parsing.fields import Username
from psbot.parsing.validation import STRICT, Day, matching, show_value, validation_error

Key = Annotated[
    str, *matching(r"[a-z0-9-]{2,63}", "write 2 to 63 characters of a-z, 0-9 and -, such as acme-sow-142", 63)
]


def _require_visible(text: str) -> str:
    if text and not one_line(text):
        raise validation_error("this contains no visible characters", "enter a value, or delete the key")
    return text


OneLine = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_require_visible)]
Name = Annotated[str, *matching(r"[\w.-]+", "write one word", 60)]
TimeZone = Annotated[str, *matching(r"[A-Za-z0-9_+/-]+", "write a time zone such as Europe/Berlin", 60)]
Region = Annotated[
    str, *matching(r"[A-Z]{2}(-[A-Z0-9]{1,5})?", "write a country as DE or a subdivision as DE-BY", 10)
]
Namespace = Annotated[
    str,
    *matching(
        r"\w[\w.-]*(/\w[\w.-]*)*", "write the full path as in the address bar, such as acme/delivery", 255
    ),
]


# The local part is RFC 5322's dot-atom; the host may be written in any script.
Email = Annotated[
    str,
    *matching(
        r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[\w-]+(\.[\w-]+)*",
        "write an address such as ada@acme.example",
    ),
]
TimeOfDay = Annotated[str, *matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'write a time as "10:00"', 5)]
Link = Annotated[str, *matching(r"https?://[^\s<>\"]+", "write a link that starts with https://", 500)]
Hours = Annotated[float, Field(ge=-100_000, le=100_000)]


def _answer_text(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise validation_error(
            f"{show_value(value)} is not an answer", "write text, a number, or true or false"
        )
    return value


def _region_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Answer = Annotated[
    OneLine,
    BeforeValidator(_answer_text),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": 200}),
]
_REGION_SCHEMA = {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,5})?$"}
Regions = Annotated[
    list[Region],
    BeforeValidator(_region_list),
    Field(min_length=1, max_length=10),
    WithJsonSchema({"anyOf": [_REGION_SCHEMA, {"type": "array", "items": _REGION_SCHEMA, "minItems": 1}]}),
]


class GitLabPlaces(BaseModel):
    """Where the engagement lives in GitLab."""

    model_config = STRICT
    group: Namespace = Field(
        description="Group of the epic, of this customer alone; both projects are below it"
    )
    project: Namespace = Field(description="Project that the customer can see")
    internal_project: Namespace | None = Field(None, description="Project that the customer cannot see")
    internal: Literal["confidential-in-shared"] | None = Field(
        None,
        description="Only without an internal project: accept confidential issues in the shared project",
    )
    label_group: Namespace | None = Field(
        None, description="Group with the labels: the group or one of its ancestors; default: group"
    )
    shared_with_customer: bool = Field(
        True, description="false: nobody from the customer is a member of the project; default: true"
    )


class People(BaseModel):
    """GitLab usernames by role."""

    model_config = STRICT
    manager: Username
    engineers: list[Username] = Field([], max_length=50, description="The first engineer is the lead")
    project_manager: Username | None = None
    delivery_lead: Username | None = None


class ContactEntry(BaseModel):
    """A contact at the customer."""

    model_config = STRICT
    name: OneLine
    email: Email
    role: OneLine | None = None


class CallsEntry(BaseModel):
    """The cadence of customer calls."""

    model_config = STRICT
    every: Literal["week", "two-weeks"]
    on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    at: TimeOfDay
    minutes: Annotated[int, Field(ge=5, le=480)] = 45


class StandupsEntry(BaseModel):
    """The cadence of internal standups."""

    model_config = STRICT
    every: Literal["day", "week"]
    at: TimeOfDay


class MilestoneEntry(BaseModel):
    """A part of the work that the customer accepts separately."""

    model_config = STRICT
    name: OneLine
    due: Day


class AmendmentEntry(BaseModel):
    """A signed change request."""

    model_config = STRICT
    reference: OneLine
    signed_on: Day
    hours: Hours | None = None
    ends_on: Day | None = None


class EngagementFile(BaseModel):
    """A professional-services engagement."""

    model_config = STRICT
    engagement: Key = Field(description="Permanent key: unique, never change it")
    customer: OneLine
    sow: OneLine = Field(description="Number of the statement of work")
    hosting: Literal["aws", "on-prem"] = Field(description="Determines the intake")
    contract: Literal["fixed-fee", "time-and-materials"]
    budget_hours: Annotated[float, Field(ge=0, le=100_000)]
    closed_won_on: Day | None = Field(None, description="Missing or in the future: still a quote")
    kick_off_on: Day
    ends_on: Day
    time_zone: TimeZone = Field(description='Time zone that defines "today", such as Europe/Berlin')
    holidays: Regions = Field(
        description="Country or subdivision, such as DE-BY; a list combines their holidays"
    )
    gitlab: GitLabPlaces
    people: People
    customer_contacts: list[ContactEntry] = Field([], max_length=100)
    calls: CallsEntry | None = None
    standups: StandupsEntry | None = None
    milestones: list[MilestoneEntry] = Field([], max_length=50)
    links: dict[Name, Link] = Field({}, max_length=50)
    intake: dict[Name, Answer] = Field({}, description="Answers already known from scoping, by question ID")
    skip: dict[Annotated[str, StringConstraints(max_length=100)], OneLine] = Field(
        {}, description="Kinds to skip, each with the reason"
    )
    amendments: list[AmendmentEntry] = Field([], max_length=200)


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of an engagement file."""
    schema = EngagementFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "psbot engagement"}
