"""The welcome e-mail's addresses: what a mail server can deliver, or a refusal that prints no address."""

from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from psbot.core.model.engagement import Contact
from psbot.errors import PsbotError
from psbot.templates.library import TemplateLibrary
from psbot.templates.mail import build_welcome_mail
from tests.support import builders
from tests.support.paths import ROOT

TEMPLATES = TemplateLibrary(ROOT / "issue_templates")


def sent_to(
    *contacts: Contact, cc: tuple[str, ...] = (), facts: Mapping[str, object] | None = None
) -> EmailMessage:
    engagement = builders.engagement(contacts=contacts)
    known = {"engagement": engagement, **(facts or {})}
    return message_from_bytes(
        build_welcome_mail(engagement, TEMPLATES, known, cc=cc), EmailMessage, policy=default
    )


CONTACTS = (Contact("Ada", "ada@acme.example", "champion"), Contact("Bob", "bob@acme.example"))


def body(*, is_known: bool, **changes: Any) -> list[str]:
    engagement = builders.engagement(**{"contacts": CONTACTS} | changes)
    written = build_welcome_mail(
        engagement, TEMPLATES, {"engagement": engagement}, is_existing_customer=is_known
    )
    text: str = message_from_bytes(written, EmailMessage, policy=default).get_content()
    return text.splitlines()


@pytest.mark.parametrize("is_known", [False, True])
def test_mail_has_lines_of_at_most_78_characters(is_known: bool) -> None:
    lines = body(is_known=is_known)
    assert len(lines) > 20
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("is_known", [False, True])
def test_mail_begins_no_line_with_words_of_the_file(is_known: bool) -> None:
    """A copy to an address that GitLab reads would run a command at the start of a line."""
    hostile = "/close " * 30
    contacts = (Contact(hostile, "ada@acme.example", hostile), Contact(hostile, "bob@acme.example"))
    lines = body(is_known=is_known, contacts=contacts, customer=hostile, sow=hostile)
    assert sum("/close" in line for line in lines) == 3
    assert not any(line.lstrip(" -").startswith("/") for line in lines)


def test_mail_says_which_roles_are_known_and_asks_for_correction() -> None:
    lines = body(is_known=False)
    assert "We know Ada already (champion)." in lines
    assert "Please correct us if that is wrong." in lines
    assert not any(
        line.startswith(("We know", "Please correct")) for line in body(is_known=False, contacts=())
    )


def test_mail_goes_to_every_contact_by_name() -> None:
    message = sent_to(Contact('Ada "B", Lovelace', "ada@acme.example"), Contact("Zoë", "zoe@acme.example"))
    shown = [(each.display_name, each.addr_spec) for each in message["To"].addresses]
    assert shown == [('Ada "B", Lovelace', "ada@acme.example"), ("Zoë", "zoe@acme.example")]


def test_mail_writes_a_host_beyond_ascii_as_servers_know_it() -> None:
    message = sent_to(Contact("Ada", "ada@müller.example"))
    assert [each.addr_spec for each in message["To"].addresses] == ["ada@xn--mller-kva.example"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@",
        "ada",
        "",
        "a b@acme.example",
        "zoë@acme.example",
        "ada@acme.example, bob@acme.example",
        "ada@a..b",
    ],
)
def test_mail_refuses_an_address_without_printing_it(address: str) -> None:
    with pytest.raises(PsbotError) as caught:
        sent_to(Contact("Bob", "bob@acme.example"), Contact("Ada", address))
    said = "customer_contacts[1].email is not an e-mail address; write it as ada@acme.example"
    assert str(caught.value) == said


def test_mail_refuses_a_copy_that_has_no_address() -> None:
    with pytest.raises(PsbotError, match=r"^address 2 in copy is not an e-mail address"):
        sent_to(cc=("sam@ps.example", "Sam"))


def test_mail_has_no_more_headers_when_a_name_is_an_encoded_word_with_a_line_end_in_it() -> None:
    message = sent_to(Contact("=?utf-8?q?x=0D=0ABcc:=20eve@evil.example?=", "ada@acme.example"))
    assert sorted(message.keys()) == sorted(sent_to(Contact("Ada", "ada@acme.example")).keys())
