"""Finds a Python that is new enough and lets it make .venv: ``python3 tools/bootstrap.py``.

Any Python 3 can run this file, so that one that is too old still says so in one line: no newer syntax here.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)
CANNOT = 2

# What the environment is made of or needs; some distributions sell them separately.
_MODULES = ("ensurepip", "venv", "ssl", "sqlite3")
_PROBE = (
    "import sys, importlib.util as u;"
    "print('%d.%d' % sys.version_info[:2], *(m for m in sys.argv[1:] if u.find_spec(m) is None))"
)


def main():
    """Give the exit code of the setup, or 2 after one line that says what is missing."""
    lacking = []
    for command in _candidates():
        found = _probe(command)
        if found is None or found[0] < OLDEST:
            continue
        if not found[1]:
            return _run(command)
        lacking.append((command, found))
    if lacking:
        return _refuse(_cure(*lacking[0]))
    return _refuse(
        "Python %d.%d or newer is needed, this is %d.%d and no newer one is on PATH: install one, "
        "or name it: make setup PYTHON=/path/to/python3" % (OLDEST + sys.version_info[:2])
    )


def _candidates():
    yield sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        yield "python3.%d" % minor


def _probe(command):
    """Tell the version and which modules are missing; None when there is no such Python."""
    try:
        with open(os.devnull, "w") as nowhere:
            printed = subprocess.check_output((command, "-c", _PROBE) + _MODULES, stderr=nowhere)
    except (OSError, subprocess.CalledProcessError):
        return None
    words = printed.decode("ascii").split()
    return tuple(int(number) for number in words[0].split(".")), words[1:]


def _cure(command, found):
    version = "%d.%d" % found[0]
    cure = "install them"
    if set(found[1]) <= {"ensurepip", "venv"}:
        cure = "apt-get install python%s-venv" % version
    return "Python %s (%s) lacks %s: %s, or name another Python: make setup PYTHON=/path/to/python3" % (
        version,
        command,
        " and ".join(found[1]),
        cure,
    )


def _run(command):
    return subprocess.call([command, os.path.join(os.path.dirname(os.path.abspath(__file__)), "environment.py")])


def _refuse(line):
    sys.stderr.write("setup: " + line + "\n")
    return CANNOT


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
