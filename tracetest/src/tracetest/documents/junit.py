"""The outcome of tests as build servers read it: JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from tracetest.documents.runner import Outcome

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, suites: Iterable[tuple[str, Sequence[Outcome]]]) -> None:
    """Write suites, each a name and its tests, a case a test.

    A failure has its first line as message and all of it as text.
    """
    root = ET.Element("testsuites")
    for name, outcomes in suites:
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(outcomes)),
            failures=str(sum(bool(each.failure) for each in outcomes)),
            skipped=str(sum(bool(each.skipped) for each in outcomes)),
            time=f"{sum(each.seconds for each in outcomes):.3f}",
        )
        for each in outcomes:
            case = ET.SubElement(suite, "testcase", classname=name, name=each.name, time=f"{each.seconds:.3f}")
            if each.failure:
                said = _text(each.failure)
                ET.SubElement(case, "failure", message=said.splitlines()[0]).text = said
            if each.skipped:
                ET.SubElement(case, "skipped", message=_text(each.skipped))
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _text(said: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", said)
