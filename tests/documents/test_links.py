"""Every link of the documentation leads somewhere: to a file that exists, and to a heading that it has."""

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = sorted(
    file.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "bench/*.md", "docs/**/*.md", "starter/*.md")
    for file in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)")
OUTSIDE = ("https://", "http://", "mailto:")


def prose(page: Path) -> str:
    """The text of *page* without its code blocks and code spans, whose brackets are no links."""
    fenced = re.sub(
        r"^( *)```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(r"`[^`\n]*`", "", fenced)


def anchors(page: Path) -> set[str]:
    """The anchors that GitLab gives to the headings of *page*."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *#*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken(page: Path, text: str) -> list[str]:
    """The links in *text* that lead nowhere, seen from *page*."""
    wrong = []
    for target in (match["target"] for match in LINK.finditer(text)):
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if target.startswith(OUTSIDE):
            continue
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    assert broken(ROOT / page, prose(ROOT / page)) == []


def test_pages_have_links() -> None:
    assert sum(len(LINK.findall(prose(ROOT / page))) for page in PAGES) > 50


@pytest.mark.parametrize("link", ["nothing.md", "README.md#nothing", "#nothing", "docs/nothing/"])
def test_link_that_leads_nowhere_is_found(link: str) -> None:
    assert broken(ROOT / "README.md", f"[here]({link})") == [link]


@pytest.mark.parametrize(
    "link", ["CONTRIBUTING.md#add-a-kind", "#commands", "docs/adr/", "https://example.com/x"]
)
def test_link_that_leads_somewhere_is_not(link: str) -> None:
    assert broken(ROOT / "README.md", f"[here]({link})") == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_paths_that_a_page_names_exist(page: str) -> None:
    text = re.sub(r"^New file `[^`]+`:$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = re.findall(r"`((?:bench|config|docs|issue_templates|psbot|requirements|tests)/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
