"""Amendment."""

import json
import re
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.changes.request import Request
from psbot.core.model.engagement import Amendment, Engagement

_PLAIN = re.compile(r"[A-Z]{2,}-[A-Za-z0-9-]+|[a-z-]+/\d+")  # needs no quotes in YAML


def is_own(each: Amendment, key: str, request: Request) -> bool:
    """Tell whether an amendment of the engagement file is the change *request* of item *key*."""
    return each.reference in (key, request.reference)


def without(key: str, request: Request, engagement: Engagement) -> Engagement:
    """Return the engagement as it is without the change *request* of item *key* and those signed after it."""
    places = [at for at, each in enumerate(engagement.amendments) if is_own(each, key, request)]
    return replace(engagement, amendments=engagement.amendments[: places[0]]) if places else engagement


@dataclass(frozen=True, slots=True)
class Amending:
    """What the engagement file still lacks of a signed change: an entry under ``amendments:``, another contract."""

    amendment: Amendment | None = None
    contract: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Tell whether the file has it all."""
        return self.amendment is None and self.contract is None


def amending(key: str, request: Request, engagement: Engagement, today: date) -> Amending | None:
    """Return what the file lacks of the change *request* of item *key*; None while it is not signed.

    A day of signature that cannot be read, or is still to come, is none. A change of the contract alone has an
    entry of no hours, so that the log keeps it.
    """
    if request.signed_on is None or request.signed_on > today or request.wrong:
        return None
    contract = request.contract if request.contract != engagement.contract else None
    has_it = any(is_own(each, key, request) for each in engagement.amendments)
    if has_it or not (request.hours or request.new_end or contract):
        return Amending(contract=contract)
    hours = request.hours or (None if request.new_end else 0.0)
    entry = Amendment(request.reference or key, request.signed_on, hours, request.new_end)
    return Amending(entry, contract)


def entry(amendment: Amendment) -> str:
    """Return *amendment* as it is written under ``amendments:``, one line of YAML."""
    parts = [f"reference: {_scalar(amendment.reference)}", f"signed_on: {amendment.signed_on}"]
    if amendment.hours is not None:
        parts.append(f"hours: {f'{amendment.hours:.2f}'.rstrip('0').rstrip('.')}")
    if amendment.ends_on is not None:
        parts.append(f"ends_on: {amendment.ends_on}")
    return "{" + ", ".join(parts) + "}"


def lines_of(change: Amending) -> str:
    """Say in one line what the engagement file lacks."""
    parts = [f"contract: {change.contract}"] if change.contract else []
    parts += [f"amendments: - {entry(change.amendment)}"] if change.amendment else []
    return " and ".join(parts)


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
