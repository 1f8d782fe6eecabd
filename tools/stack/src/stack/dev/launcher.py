"""``python -m stack.dev.launcher``: runs a program of the stack, and says what it loads.

With ``--wait`` it loads the libraries that the program needed the last time, and waits for the signal GO before it
loads the program's own code. That takes a third of a second then, and not two.

The parent starts it with GO blocked, so that the signal is kept until it is waited for, however early it comes.
"""

from __future__ import annotations

import argparse
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from stack.dev.loaded import Loaded
from stack.dev.sources import source_folders

GO = signal.SIGUSR1


def waiting_file(report: Path) -> Path:
    """Give the file that is there while a process waits for GO with its libraries loaded."""
    return report.with_suffix(".waiting")


def main(arguments: Sequence[str]) -> None:
    """Load the program, report, and run it; code that cannot be imported is told and ends with exit code 1."""
    parser = argparse.ArgumentParser(prog="stack.dev.launcher")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("root", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("module")
    options = parser.parse_args(arguments)
    folders = source_folders(options.root)
    before = set(sys.modules)
    if options.wait:
        _load(Loaded.read(options.report).libraries)
        waiting = waiting_file(options.report)
        waiting.touch()
        signal.sigwait({GO})
        waiting.unlink()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {GO})
    try:
        name = _runs(options.module)
        import_module(name)
    except Exception as error:  # noqa: BLE001  whatever the code that was just saved raises
        _tell(error, folders)
        sys.exit(1)
    Loaded.observe({each: sys.modules[each] for each in sys.modules if each not in before}, folders).write(
        options.report
    )
    del sys.modules[name]  # its file runs once more, as __main__; all that it imports is there
    sys.argv[1:] = []
    runpy.run_module(options.module, run_name="__main__", alter_sys=True)


def _load(libraries: Sequence[str]) -> None:
    """Import ahead; what is no longer there is no error before the program asks for it."""
    for name in libraries:
        with suppress(ImportError):
            import_module(name)


def _runs(module: str) -> str:
    """Give the module that ``python -m`` runs: of a package its ``__main__``."""
    spec = find_spec(module)
    return f"{module}.__main__" if spec is not None and spec.submodule_search_locations is not None else module


def _tell(error: Exception, folders: Sequence[Path]) -> None:
    """Print a traceback that begins with the program's own code."""
    trace = error.__traceback__
    while trace is not None and not _is_own(Path(trace.tb_frame.f_code.co_filename), folders):
        trace = trace.tb_next
    sys.stderr.writelines(traceback.format_exception(type(error), error, trace))


def _is_own(path: Path, folders: Sequence[Path]) -> bool:
    return path != Path(__file__) and any(path.is_relative_to(folder) for folder in folders)


if __name__ == "__main__":
    main(sys.argv[1:])
