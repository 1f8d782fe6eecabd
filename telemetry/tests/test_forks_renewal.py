from __future__ import annotations

from typing import Any


def test_an_object_that_is_gone_is_not_renewed(run_python: Any) -> None:
    result = run_python("""
import os
from telemetry.forks import renew_after_fork

class Renewed:
    times = 0
    def after_fork(self):
        Renewed.times += 1

kept, gone = Renewed(), Renewed()
renew_after_fork(kept)
renew_after_fork(gone)
del gone
child = os.fork()
if not child:
    os._exit(Renewed.times)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
assert Renewed.times == 0
""")

    assert (result.returncode, result.stderr) == (0, "")
