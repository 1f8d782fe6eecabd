"""The outcome of tests as build servers read it: JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from telemetry.testing.running import Outcome

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, outcomes: Mapping[Path, Sequence[Outcome]]) -> None:
    """Write a suite a file, a case a test; a failure has its first line as message and all of it as text."""
    root = ET.Element("testsuites")
    for file, of_file in outcomes.items():
        suite = ET.SubElement(
            root,
            "testsuite",
            name=file.stem,
            tests=str(len(of_file)),
            failures=str(sum(bool(each.failure) for each in of_file)),
            time=f"{sum(each.seconds for each in of_file):.3f}",
        )
        for each in of_file:
            case = ET.SubElement(suite, "testcase", classname=file.stem, name=each.name, time=f"{each.seconds:.3f}")
            if each.failure:
                said = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", each.failure)
                ET.SubElement(case, "failure", message=said.splitlines()[0]).text = said
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
