"""Fills one template: the description that an item of an engagement would have."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from psbot.core.changes.form import ChangeRequestView, view_new_request
from psbot.core.changes.request import ChangeRequest
from psbot.core.desired.raid_log import empty_entry
from psbot.core.desired.schedule import Context, ScheduledItem, schedule_kind, schedule_on_demand
from psbot.core.desired.template_facts import build_template_facts
from psbot.core.model.process import Repeat
from psbot.errors import PsbotError
from psbot.parsing.validation import suggest

if TYPE_CHECKING:
    from psbot.templates.library import TemplateLibrary


def render_item(name: str, context: Context, templates: "TemplateLibrary") -> str:
    """Return the description of an item; *name* is a kind or the key of an item."""
    item = find_scheduled_item(name, context)
    template = context.process.kinds[item.kind].template
    return templates.render(template, build_template_facts(context) | _item_facts(item, context))


def _item_facts(item: ScheduledItem, context: Context) -> dict[str, object]:
    """Return what the template of *item* can use besides the common facts, with nothing filled in."""
    engagement, process = context.engagement, context.process
    is_change = item.kind == process.changes.kind
    change = (
        view_new_request(item.key, ChangeRequest(), engagement, process, context.today)
        if is_change
        else ChangeRequestView()
    )
    return {"item": item, "change": change, "raised": empty_entry(process.kinds[item.kind])}


def find_scheduled_item(name: str, context: Context) -> ScheduledItem:
    """Return the scheduled item *name*; of a kind with several items, the first that is not past.

    Raises PsbotError if the engagement has no such item.
    """
    kinds = context.process.kinds
    kind = kinds.get(name) or next(
        (each for each in kinds.values() if each.item == name.partition("/")[0]), None
    )
    if kind is None:
        raise PsbotError(f"unknown kind {name}", suggest(name, kinds))
    if kind.repeat is Repeat.ON_DEMAND:
        return schedule_on_demand(kind, context, 1, context.today)
    scheduled = list(schedule_kind(kind, context))
    found = [item for item in scheduled if item.key == name]
    coming = [item for item in scheduled if item.due_on is None or item.due_on >= context.today]
    choice = found or ([] if "/" in name else coming or scheduled)
    if not choice:
        keys = (
            ", ".join(item.key for item in scheduled[:3]) or "none; the engagement file has no cadence for it"
        )
        raise PsbotError(f"{context.engagement.key} has no item {name}", f"it has {keys}")
    return choice[0]


def render_mail(
    kind: str,
    context: Context,
    templates: "TemplateLibrary",
    *,
    is_existing_customer: bool = False,
    cc: Sequence[str] = (),
    manager_name: str | None = None,
) -> bytes:
    """Return the e-mail of *kind*, ready to open and send; only the welcome e-mail is supported."""
    from psbot.templates.mail import MAIL_KIND, build_welcome_mail

    if kind != MAIL_KIND:
        raise PsbotError(f"{kind} is not an e-mail", f"use psbot render {MAIL_KIND} FILE --eml")
    known = build_template_facts(context) | {"item": find_scheduled_item(kind, context)}
    return build_welcome_mail(
        context.engagement,
        templates,
        known,
        is_existing_customer=is_existing_customer,
        cc=cc,
        manager_name=manager_name,
    )


def write_private_file(file: Path, content: bytes) -> None:
    """Write *content* to a new *file* that only its owner can read (mode 600); PsbotError if it exists."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise PsbotError(f"{file} already exists", "choose another file, or delete it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PsbotError(f"{str(file)!r} cannot be written: {reason}", "choose another file") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
