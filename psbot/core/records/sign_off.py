"""What is recorded of a sign-off: its days and its proof; the item's marker remembers them."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, unquote

from psbot.core.model.item import Item
from psbot.core.text import marker

_DAYS = ("sent", "received", "passive", "objected")
_PROOF = "proof"
_EARLIER = "earlier"
_MAX_EARLIER_OBJECTIONS = 10  # objections that the marker remembers
_UNQUOTED = "/:?#&@!$'()*+,;~[]"  # what an address may hold and a marker too


@dataclass(frozen=True, slots=True)
class Objection:
    """A request that the customer objected to: the days of both; the first may not be known."""

    sent: date | None
    objected: date


@dataclass(frozen=True, slots=True)
class SignOff:
    """The days of one acceptance, and where its proof is; ``passive`` is the day at whose end silence accepted.

    ``earlier`` are objections that are over, oldest first.
    """

    sent: date | None = None
    received: date | None = None
    passive: date | None = None
    objected: date | None = None
    proof: str | None = None
    earlier: tuple[Objection, ...] = ()

    @property
    def accepted_on(self) -> date | None:
        """Return the day of acceptance; a received one counts more than silence."""
        return self.received or self.passive

    def requested_again(self, day: date) -> "SignOff":
        """Return the record after another request on *day*: an objection to the one before is kept, as is the proof."""
        gone = (Objection(self.sent, self.objected),) if self.objected else ()
        return SignOff(sent=day, proof=self.proof, earlier=(*self.earlier, *gone)[-_MAX_EARLIER_OBJECTIONS:])

    def with_answer(self, name: str, day: date) -> "SignOff":
        """Return the record after an answer, ``received``, ``passive`` or ``objected``, on *day*.

        An objection that is over is kept among the earlier ones.
        """
        gone = (Objection(self.sent, self.objected),) if self.objected and name != "objected" else ()
        cleared = replace(self, received=None, passive=None, objected=None)
        return replace(cleared, earlier=(*self.earlier, *gone)[-_MAX_EARLIER_OBJECTIONS:], **{name: day})  # type: ignore[arg-type]


def read_sign_off(item: Item | None) -> SignOff:
    """Return what the marker of *item* remembers; what cannot be read there is not known."""
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
    """Return *item* with a marker that remembers *record* and nothing of the one before."""
    note = item.marker or marker.Marker(engagement, item.key)
    kept = {name: value for name, value in note.memory.items() if name not in (*_DAYS, _PROOF, _EARLIER)}
    memory = kept | _to_memory(record)
    return replace(
        item,
        description=marker.with_marker(item.description, marker.Marker(note.engagement, note.item, memory)),
    )


def _to_memory(record: SignOff) -> dict[str, str]:
    found: dict[str, date | None] = {name: getattr(record, name) for name in _DAYS}
    memory = {name: day.isoformat() for name, day in found.items() if day}
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
