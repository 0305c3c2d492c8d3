"""The welcome e-mail as a message that a person opens and sends; psbot never sends mail."""

import email.policy
from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage

from psbot.core.engagement import Engagement
from psbot.core.inert import one_line
from psbot.errors import PsbotError
from psbot.templates import Templates

MAIL_KIND = "welcome-email"
_TEMPLATES = {False: "mail/welcome-new", True: "mail/welcome-existing"}


def welcome_mail(
    engagement: Engagement,
    templates: Templates,
    facts: Mapping[str, object],
    *,
    is_known: bool = False,
    cc: Sequence[str] = (),
    manager_name: str | None = None,
) -> bytes:
    """Return the welcome e-mail as RFC 5322 bytes, marked as unsent so that mail programs open it for editing.

    The first line of the template is the subject. ``is_known`` picks the words for a customer who knows us.
    """
    name = one_line(manager_name or engagement.manager)
    text = templates.render(_TEMPLATES[is_known], {**facts, "manager_name": name})
    subject, _, body = text.partition("\n")
    message = EmailMessage(policy=email.policy.SMTP.clone(utf8=False))
    message["Subject"] = one_line(subject)
    if engagement.contacts:
        message["To"] = [_address(contact.email, contact.name) for contact in engagement.contacts]
    if cc:
        message["Cc"] = [_address(each) for each in cc]
    message["X-Unsent"] = "1"
    message.set_content(body.lstrip("\n"), cte="quoted-printable")
    return message.as_bytes()


def _address(address: str, name: str = "") -> Address:
    try:
        return Address(one_line(name), addr_spec=address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise PsbotError(
            f"{one_line(address)!r} is not an e-mail address", "write it as ada@acme.example"
        ) from error
