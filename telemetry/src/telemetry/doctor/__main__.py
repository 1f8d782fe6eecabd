"""Run the doctor: ``python -m telemetry.doctor [--json] [--query URL]``, in the environment of the service."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict

from telemetry.doctor import Diagnosis, examine


def main(arguments: list[str]) -> int:
    """Print what was found; give the exit code of the first ailment, 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m telemetry.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--query", metavar="URL", default=None, help="where Jaeger answers; it is not asked without")
    parser.add_argument("--within", metavar="SECONDS", type=float, default=10.0, help="until a span is there (10)")
    options = parser.parse_args(arguments)
    diagnosis = examine(os.environ, options.query, options.within)
    sys.stdout.write(_json(diagnosis) if options.json else _text(diagnosis))
    return diagnosis.exit_code


def _text(diagnosis: Diagnosis) -> str:
    lines = []
    for finding in diagnosis.findings:
        lines.append(f"{'ok  ' if finding.ailment is None else 'FAIL'} {finding.subject:<12} {finding.text}\n")
        if finding.cure:
            lines.append(f"     {finding.ailment:<12} cure: {finding.cure}\n")
    return "".join(lines)


def _json(diagnosis: Diagnosis) -> str:
    findings = [asdict(finding) for finding in diagnosis.findings]
    return json.dumps({"exit_code": diagnosis.exit_code, "findings": findings}, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
