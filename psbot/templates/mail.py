"""Builds the welcome e-mail as a message that a person opens and sends; psbot never sends e-mail."""

import email.policy
from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage

from psbot.core.model.engagement import Engagement
from psbot.core.text.escape import WORD_JOINER, one_line
from psbot.errors import PsbotError
from psbot.templates.library import TemplateLibrary

MAIL_KIND = "welcome-email"
_TEMPLATES = {False: "mail/welcome-new", True: "mail/welcome-existing"}


def build_welcome_mail(
    engagement: Engagement,
    templates: TemplateLibrary,
    facts: Mapping[str, object],
    *,
    is_existing_customer: bool = False,
    cc: Sequence[str] = (),
    manager_name: str | None = None,
) -> bytes:
    """Return the welcome e-mail as RFC 5322 bytes, marked as unsent, so that mail clients open it for editing.

    The first line of the template is the subject. ``is_existing_customer`` selects the text for an existing customer.
    """
    name = one_line(manager_name or engagement.manager)
    text = templates.render(_TEMPLATES[is_existing_customer], {**facts, "manager_name": name})
    subject, _, body = text.partition("\n")
    message = EmailMessage(policy=email.policy.SMTP.clone(utf8=False))
    message["Subject"] = _header_text(subject)
    if engagement.contacts:
        message["To"] = [
            _address(contact.email, f"customer_contacts[{position}].email", contact.name)
            for position, contact in enumerate(engagement.contacts)
        ]
    if cc:
        message["Cc"] = [_address(each, f"cc address {count}") for count, each in enumerate(cc, 1)]
    message["X-Unsent"] = "1"
    message.set_content(body.lstrip("\n"), cte="quoted-printable")
    return message.as_bytes()


def _header_text(text: str) -> str:
    """Return *text* for a header, where ``=?`` would begin an encoded word (RFC 2047) with line ends hidden in it."""
    return one_line(text).replace("=?", f"={WORD_JOINER}?")


def _address(address: str, where: str, name: str = "") -> Address:
    """Return a mail address; the error says only *where* it is, because logs can be public."""
    local, _, domain = address.rpartition("@")
    try:
        # A non-ASCII host is written in its IDNA form; servers do not understand what the header would make of it.
        found = Address(_header_text(name), addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (HeaderParseError, ValueError, IndexError) as error:
        raise PsbotError(f"{where} is not an e-mail address", "write it as ada@acme.example") from error
    return found
