"""The shape of the files in ``config/``, as pydantic models: what a key may hold, and nothing across files."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.bounds import Text
from psbot.core import process as core
from psbot.core.drafts import PLACEHOLDERS
from psbot.validation import STRICT, matching, suggestion, wrong

BASES = ("closed_won_on", "kick_off_on", "ends_on", "milestone", "opened_on")

Word = Annotated[
    str, *matching(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "write a word of a-z, 0-9 and -, such as kick-off", 60)
]
Color = Annotated[str, *matching(r"#[0-9a-f]{6}", 'write a colour as "#1f75cb"')]
File = Annotated[
    str, *matching(r"[a-z0-9][a-z0-9-]*", "write the name of a file in issue_templates/, without .md", 100)
]
Link = Annotated[str, *matching(r"https?://[^\s<>]+", "write a link that starts with https://", 500)]


def _offset(value: object) -> core.Offset:
    hint = f"write a base date and business days after it: kick_off_on +5; base dates are {', '.join(BASES)}"
    match = re.fullmatch(r"(\w+)(?:\s*\+\s*(\d{1,3}))?", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("this is not a day", hint)
    if match[1] not in BASES:
        raise wrong(f"{match[1]} is not a base date", suggestion(match[1], BASES))
    return core.Offset(match[1], int(match[2] or 0))


def _title(value: object) -> object:
    names = re.findall(r"\{(.*?)\}", value) if isinstance(value, str) else []
    for name in names:
        if name not in PLACEHOLDERS:
            raise wrong(f"{{{name}}} is not known in a title", suggestion(name, PLACEHOLDERS))
    return value


Offset = Annotated[core.Offset, BeforeValidator(_offset)]
Title = Annotated[Text, BeforeValidator(_title)]


class Only(BaseModel):
    """The engagements that have a kind."""

    model_config = STRICT
    hosting: Literal["aws", "on-prem"] | None = None
    contract: Literal["fixed-fee", "time-and-materials"] | None = None
    engineers: Literal["none", "some"] | None = None


class CarriesEntry(BaseModel):
    """What an occurrence takes over from the one before it."""

    model_config = STRICT
    below: Text
    heading: Text


class ColumnsEntry(BaseModel):
    """The heads of a table of actions, by what stands below them."""

    model_config = STRICT
    what: Text
    item: Text
    due: Text
    owner: Text


class ActsEntry(BaseModel):
    """Which rows become items, and of which kind."""

    model_config = STRICT
    below: Text
    kind: Annotated[Word, Field(alias="as")]
    columns: ColumnsEntry


class KindEntry(BaseModel):
    """A kind of ``blueprint.yml``."""

    model_config = STRICT
    item: Word
    title: Title
    title_each: Title | None = None
    place: Literal["group", "shared", "internal"]
    template: File
    phase: Word | None = None
    assignee: Literal["manager", "lead", "project_manager", "delivery_lead"] | None = None
    start: Offset | None = None
    due: Offset | None = None
    repeat: Literal["once", "call", "standup", "milestone", "on-demand"] = "once"
    wanted_from: Literal["quote", "closed-won"] = "closed-won"
    only: Only = Only()
    seeds: dict[Word, Word] = {}
    guide: Link | None = None
    skippable: bool = True
    when_unwanted: Word | None = None
    chart: Title | None = None
    carries: CarriesEntry | None = None
    gathers: Title | None = None
    lines: list[Annotated[str, *matching(r"[^:*|\n]{1,60}", "write a few words without a colon", 60)]] = []
    listed: Title | None = None
    acts: ActsEntry | None = None


class Blueprint(BaseModel):
    """``blueprint.yml``."""

    model_config = STRICT
    kinds: dict[Word, KindEntry]
    contact_roles: list[Text] = []


class LabelEntry(BaseModel):
    """A label with a colour of its own."""

    model_config = STRICT
    description: Text
    color: Color | None = None


def _label(value: object) -> object:
    return {"description": value} if isinstance(value, str) else value


class ScopeEntry(BaseModel):
    """A scope of ``labels.yml``."""

    model_config = STRICT
    name: Annotated[
        str,
        *matching(r"[^,\s:](?:[^,\n]*[^,\s:])?", "write a label scope without commas, such as ps-kind", 100),
    ]
    color: Color
    labels: dict[Word, Annotated[LabelEntry, BeforeValidator(_label)]]


class Labels(BaseModel):
    """``labels.yml``."""

    model_config = STRICT
    scopes: dict[Word, ScopeEntry]


class Phases(BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    phases: list[Word]
    states: list[Word]
    quote_phase: Word
    won_phase: Word
    final_phases: list[Word]
    done_states: list[Word]
    unwanted_state: Word


class Accounts(BaseModel):
    """``accounts.yml``."""

    model_config = STRICT
    machine_accounts: list[Text] = []
    colleagues: list[Text] = []


class LimitsFile(BaseModel):
    """``limits.yml``."""

    model_config = STRICT
    close_more_than: Annotated[int, Field(ge=0)] = 5
    close_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    batch: Annotated[int, Field(ge=1, le=15)] = 15
    page: Annotated[int, Field(ge=1, le=100)] = 100
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    settle_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    rate_limit_seconds: Annotated[float, Field(ge=0, le=3600)] = 120
