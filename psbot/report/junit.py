"""Writes JUnit test reports, which GitLab shows in pipelines and merge requests.

GitLab shows the text of ``failure``, ``error`` and ``skipped``; their attributes hide it where there is no text
(lib/gitlab/ci/parsers/test/junit.rb).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from psbot.core.text.escape import one_line

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CaseResult(StrEnum):
    """How a case ended; the value is the element's name."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One case: its name, the file it is about, how it ended, and its messages, one per line."""

    name: str
    file: str
    result: CaseResult = CaseResult.PASSED
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """Cases that belong together."""

    name: str
    cases: tuple[JUnitCase, ...]


def junit_xml(name: str, suites: Sequence[JUnitSuite]) -> str:
    """Return the report as XML, with all text escaped."""
    root = ElementTree.Element("testsuites", name=name)
    for suite in suites:
        endings = [case.result for case in suite.cases]
        counts = {
            "tests": len(endings),
            "failures": endings.count(CaseResult.FAILURE),
            "errors": endings.count(CaseResult.ERROR),
            "skipped": endings.count(CaseResult.SKIPPED),
        }
        attributes = {key: str(count) for key, count in counts.items()}
        element = ElementTree.SubElement(root, "testsuite", {"name": _xml_line(suite.name), **attributes})
        for case in suite.cases:
            _add_case(element, suite, case)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _add_case(element: ElementTree.Element, suite: JUnitSuite, case: JUnitCase) -> None:
    names = {"name": case.name, "classname": suite.name, "file": case.file}
    made = ElementTree.SubElement(element, "testcase", {key: _xml_line(text) for key, text in names.items()})
    if case.result is not CaseResult.PASSED:
        ElementTree.SubElement(made, case.result).text = "\n".join(map(_xml_line, case.messages))


def _xml_line(text: str) -> str:
    return _NOT_XML.sub("\ufffd", one_line(text))
