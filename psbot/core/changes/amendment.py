"""Compare a signed change request with the engagement file, and write the amendment that is missing there."""

import json
import re
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.changes.request import ChangeRequest
from psbot.core.model.engagement import Amendment, Engagement

_PLAIN_SCALAR = re.compile(r"[A-Z]{2,}-[A-Za-z0-9-]+|[a-z-]+/\d+")  # needs no quotes in YAML


def is_amendment_of(amendment: Amendment, key: str, request: ChangeRequest) -> bool:
    """Tell whether *amendment*, from the engagement file, is the one of the change request with *key*."""
    return amendment.reference in (key, request.reference)


def engagement_before(key: str, request: ChangeRequest, engagement: Engagement) -> Engagement:
    """Return the engagement without the amendment of the change request with *key*, and without later ones."""
    positions = [at for at, each in enumerate(engagement.amendments) if is_amendment_of(each, key, request)]
    return replace(engagement, amendments=engagement.amendments[: positions[0]]) if positions else engagement


@dataclass(frozen=True, slots=True)
class MissingAmendment:
    """What is missing in the engagement file of a signed change: an entry under ``amendments:``, another contract."""

    amendment: Amendment | None = None
    contract: str | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is missing."""
        return self.amendment is None and self.contract is None


def missing_amendment(
    key: str, request: ChangeRequest, engagement: Engagement, today: date
) -> MissingAmendment | None:
    """Return what is missing in the file of the change request with *key*; None while it is not signed.

    A request with invalid fields or a signature date in the future is not signed. A change of the contract alone gets
    an entry with 0 hours, so that the engagement log lists it.
    """
    if request.signed_on is None or request.signed_on > today or request.invalid:
        return None
    contract = request.contract if request.contract != engagement.contract else None
    is_listed = any(is_amendment_of(each, key, request) for each in engagement.amendments)
    if is_listed or not (request.hours or request.new_end or contract):
        return MissingAmendment(contract=contract)
    hours = request.hours or (None if request.new_end else 0.0)
    entry = Amendment(request.reference or key, request.signed_on, hours, request.new_end)
    return MissingAmendment(entry, contract)


def to_yaml(amendment: Amendment) -> str:
    """Return *amendment* as one line of YAML, to put under ``amendments:``."""
    parts = [f"reference: {_to_yaml_scalar(amendment.reference)}", f"signed_on: {amendment.signed_on}"]
    if amendment.hours is not None:
        parts.append(f"hours: {f'{amendment.hours:.2f}'.rstrip('0').rstrip('.')}")
    if amendment.ends_on is not None:
        parts.append(f"ends_on: {amendment.ends_on}")
    return "{" + ", ".join(parts) + "}"


def describe(missing: MissingAmendment) -> str:
    """Return in one line what to add to the engagement file."""
    parts = [f"contract: {missing.contract}"] if missing.contract else []
    parts += [f"amendments: - {to_yaml(missing.amendment)}"] if missing.amendment else []
    return " and ".join(parts)


def _to_yaml_scalar(text: str) -> str:
    return text if _PLAIN_SCALAR.fullmatch(text) else json.dumps(text, ensure_ascii=False)
