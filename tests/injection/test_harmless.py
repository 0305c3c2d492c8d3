"""What is no Markdown shows harmless text as typed: titles, mails, and what people read at a terminal."""

import json
from dataclasses import replace
from functools import cache

import pytest

from psbot.core.desired.build import build_desired
from psbot.core.text.escape import WORD_JOINER
from tests.injection.harmless import HARMLESS
from tests.injection.test_corpus import NOW, PROCESS, WORDS, mail, plain, planned, report


@cache
def plain_mail() -> str:
    return str(mail(replace(plain(0), customer="CUSTOMER"), is_known=False).get_content())


@pytest.mark.parametrize("text", HARMLESS)
def test_mail_shows_harmless_text_as_typed(text: str) -> None:
    sent = mail(replace(plain(0), customer=text), is_known=False)
    assert plain_mail().replace("CUSTOMER", text).split() == sent.get_content().split()
    assert text in sent["Subject"]


@pytest.mark.parametrize("text", HARMLESS)
def test_titles_and_reports_show_harmless_text_as_typed(text: str) -> None:
    engagement = replace(plain(0), customer=text)
    wanted = build_desired(engagement, PROCESS, NOW, WORDS)
    titles = [item.title.replace(WORD_JOINER, "") for item in wanted.snapshot.items]
    assert f"Kick-off: {text}" in titles
    drawn = planned(engagement, wanted, "engagements/x.yml")
    shown = report("text", drawn).replace(WORD_JOINER, "")
    assert "".join(f"Kick-off: {text}".split()) in "".join(shown.split())
    (found,) = json.loads(report("json", drawn))["engagements"]
    assert f"Kick-off: {text}" in json.dumps(found, ensure_ascii=False).replace("\\\\", "\\").replace(
        WORD_JOINER, ""
    )
