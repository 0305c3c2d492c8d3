"""The record of a sign-off, its days and its proof, which the marker of its item remembers."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, unquote

from psbot.core.model.item import Item

_DAYS = ("sent", "received", "passive", "objected")
_PROOF = "proof"
_EARLIER = "earlier"
_MAX_EARLIER_OBJECTIONS = 10  # past objections that the marker remembers
_UNQUOTED = "/:?#&@!$'()*+,;~[]"  # characters allowed both in an address and in a marker


@dataclass(frozen=True, slots=True)
class Objection:
    """A request that the customer objected to; the day it was sent may be unknown."""

    sent: date | None
    objected: date


@dataclass(frozen=True, slots=True)
class SignOff:
    """The days of one sign-off and the address of its proof; ``passive`` is the day on which it was deemed accepted.

    ``earlier`` are past objections, oldest first.
    """

    sent: date | None = None
    received: date | None = None
    passive: date | None = None
    objected: date | None = None
    proof: str | None = None
    earlier: tuple[Objection, ...] = ()

    @property
    def accepted_on(self) -> date | None:
        """Return the day of acceptance; an answer of the customer takes precedence over passive acceptance."""
        return self.received or self.passive

    def requested_again(self, day: date) -> "SignOff":
        """Return the record after a new request on *day*; it keeps the proof and an objection to the last request."""
        past = (Objection(self.sent, self.objected),) if self.objected else ()
        return SignOff(sent=day, proof=self.proof, earlier=(*self.earlier, *past)[-_MAX_EARLIER_OBJECTIONS:])

    def with_answer(self, name: str, day: date) -> "SignOff":
        """Return the record after the answer *name* on *day*: ``received``, ``passive`` or ``objected``.

        An objection that the answer replaces is kept among the earlier ones.
        """
        past = (Objection(self.sent, self.objected),) if self.objected and name != "objected" else ()
        cleared = replace(self, received=None, passive=None, objected=None)
        return replace(cleared, earlier=(*self.earlier, *past)[-_MAX_EARLIER_OBJECTIONS:], **{name: day})  # type: ignore[arg-type]


def read_sign_off(item: Item | None) -> SignOff:
    """Return the record in the marker of *item*; values that cannot be read are unknown."""
    note = item.marker if item else None
    memory = note.memory if note else {}
    days = {name: _parse_day(memory.get(name)) for name in _DAYS}
    proof = unquote(memory[_PROOF]) if _PROOF in memory else None
    pairs = [each.partition("..") for each in memory.get(_EARLIER, "").split(",")]
    earlier = [
        Objection(_parse_day(sent), day) for sent, _, objected in pairs if (day := _parse_day(objected))
    ]
    return SignOff(**days, proof=proof, earlier=tuple(earlier))


def with_sign_off(item: Item, record: SignOff, engagement: str) -> Item:
    """Return *item* with a marker that remembers *record* and nothing of an earlier one."""
    return item.with_memory(engagement, _to_memory(record), forget=(*_DAYS, _PROOF, _EARLIER))


def _to_memory(record: SignOff) -> dict[str, str]:
    days: dict[str, date | None] = {name: getattr(record, name) for name in _DAYS}
    memory = {name: day.isoformat() for name, day in days.items() if day}
    if record.proof:
        memory[_PROOF] = quote(record.proof, safe=_UNQUOTED)
    if record.earlier:
        memory[_EARLIER] = ",".join(f"{each.sent or ''}..{each.objected}" for each in record.earlier)
    return memory


def _parse_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
