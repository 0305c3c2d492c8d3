"""The ways in which people name an item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbot.core.explain.reference import ItemKey, ItemUrl, Reference, parse_reference

SERVER = "https://gitlab.example/sub"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("acme/delivery&12", Reference("acme/delivery", 12)),
        ("acme/delivery/project#34", Reference("acme/delivery/project", 34)),
        ("acme&1", Reference("acme", 1)),
        ("Acme_2/x.y-z#7", Reference("Acme_2/x.y-z", 7)),
        ("acme-sow-142", ItemKey("acme-sow-142", "epic")),
        ("acme-sow-142/kick-off", ItemKey("acme-sow-142", "kick-off")),
        ("acme-sow-142/standup/2026-W50", ItemKey("acme-sow-142", "standup/2026-W50")),
        ("https://gitlab.example/x/-/issues/3", ItemUrl("https://gitlab.example/x/-/issues/3")),
    ],
)
def test_reference_key_and_address_are_reported_apart(text: str, meant: object) -> None:
    assert parse_reference(text) == meant


@pytest.mark.parametrize(
    "text",
    ["", "&12", "acme&0", "acme&", "acme&12&3", "acme delivery#3", "Acme", "a/b/c/d", "a/b\n", "acme#1\n",
     "/acme#3", "acme/#3", "acme//x#3", "#3", "http://[::1", "https://gitlab.example:x/a/-/issues/1", "ftp://x/a/-/issues/1"],
)  # fmt: skip
def test_what_names_no_item_is_none(text: str) -> None:
    assert parse_reference(text) is None


@pytest.mark.parametrize(
    ("page", "meant"),
    [
        ("https://gitlab.example/sub/groups/acme/delivery/-/epics/1", Reference("acme/delivery", 1)),
        ("https://gitlab.example/sub/groups/acme/delivery/-/work_items/1", Reference("acme/delivery", 1)),
        ("https://gitlab.example/sub/acme/project/-/issues/34", Reference("acme/project", 34)),
        ("https://GitLab.Example:443/sub/acme/project/-/work_items/34/", Reference("acme/project", 34)),
        ("https://gitlab.example/sub/acme/project/-/issues/34?x=1#note_7", Reference("acme/project", 34)),
        ("https://gitlab.example/acme/project/-/issues/34", None),
        ("https://gitlab.example/subway/acme/-/issues/34", None),
        ("https://other.example/sub/acme/project/-/issues/34", None),
        ("https://gitlab.example:8443/sub/acme/project/-/issues/34", None),
        ("https://gitlab.example/sub/acme/project/-/merge_requests/34", None),
        ("https://gitlab.example/sub/acme/project", None),
    ],
)
def test_address_is_an_item_of_the_server_it_is_on(page: str, meant: Reference | None) -> None:
    address = parse_reference(page)
    assert isinstance(address, ItemUrl)
    assert address.resolve(SERVER) == address.resolve(f"{SERVER}/") == meant


@given(st.text(max_size=40) | st.from_regex(r"https?://.*", fullmatch=True))
def test_any_text_is_an_item_or_none_and_never_an_error(text: str) -> None:
    named = parse_reference(text)
    if isinstance(named, ItemUrl):
        named.resolve(SERVER)
