"""`make dev` as a process, on free ports and on a copy of the sources that the tests edit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import psutil
import pytest

from gateway.settings import TokenSettings
from gateway.token import make_token
from stack.dev.launcher import waiting_file
from stack.dev.sources import source_folders
from stack.ports import Ports, variable
from telemetry import Secret

IsGone = Callable[[int], bool]
Until = Callable[[Callable[[], bool]], None]

DOMAIN = "services/order/src/order_service/domain.py"
SERVER = "services/order/src/order_service/server.py"
MODULES = {"user_service": "user", "order_service": "order", "gateway": "gateway", "stack.demo.console": "console"}
PRICES = [{"amount_minor": 1, "currency": currency} for currency in ("EUR", "USD")]
MIXED = [{"sku": "book-1", "quantity": 1, "unit_price": price} for price in PRICES]


class Dev:
    """The program, the tree that it runs from, and a client of its gateway."""

    def __init__(self, root: Path) -> None:
        self.root = root
        ports = Ports.free()
        environ = {variable(name): str(port) for name, port in ports.of.items()}
        environ["PYTHONPATH"] = os.pathsep.join(map(str, source_folders(root)))
        self.process = subprocess.Popen(
            (sys.executable, "-m", "stack.dev"),
            cwd=root,
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.gateway = httpx.Client(base_url=f"http://{ports.address('gateway')}", trust_env=False)

    def wait_up(self) -> None:
        """Return when it is ready, and its gateway takes requests of a tenant."""
        self.wait_for("Live reload is ready: save a file to restart console, gateway, order, user.")
        settings = TokenSettings(key=Secret((self.root / ".run/jwt.key").read_text().strip()))
        self.gateway.headers["Authorization"] = f"Bearer {make_token(settings, 'acme', subject='developer')}"

    def wait_for(self, words: str) -> str:
        """Give all that it prints until the end of the line with these words."""
        printed = ""
        for line in self.process.stdout or ():
            printed += line
            if words in line:
                return printed
        raise AssertionError(printed + (self.process.stderr.read() if self.process.stderr else ""))

    def save(self, name: str, old: str, new: str) -> None:
        """Edit a file as editors do: what is written beside it takes its place."""
        path = self.root / name
        text = path.read_text()
        assert old in text
        part = path.with_name(f"{path.name}.tmp")
        part.write_text(text.replace(old, new, 1))
        part.replace(path)

    def pids(self) -> dict[str, int]:
        """Give the processes that listen, by program."""
        children = psutil.Process(self.process.pid).children()
        return {name: child.pid for child in children if listens(child) for name in [MODULES[child.cmdline()[-1]]]}

    def refusal(self) -> str:
        """Give what the order service says of an order in two currencies."""
        response = self.gateway.post("/v1/orders", json={"user_id": str(uuid4()), "items": MIXED})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.text
        return str(response.json()["detail"])


def listens(process: psutil.Process) -> bool:
    try:
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    except psutil.Error:  # it has ended
        return False


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    assert before.keys() == after.keys() == set(MODULES.values())
    return {name for name, pid in after.items() if pid != before[name]}


def seconds(printed: str) -> float:
    return float(printed.partition("restarted in ")[2].partition(" s: ")[0])


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, copied_tree: Callable[[Path], Path]) -> Iterator[Dev]:
    started = Dev(copied_tree(tmp_path_factory.mktemp("dev")))
    try:
        started.wait_up()
        yield started
    finally:
        started.gateway.close()
        with suppress(ProcessLookupError):
            started.process.kill()
        started.process.communicate()


def test_a_saved_file_restarts_its_service_alone_and_no_request_fails(dev: Dev, until: Until) -> None:
    before = dev.pids()
    saved = Event()

    def ask() -> None:
        while not saved.wait(0.02):
            dev.refusal()

    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask)
        try:
            dev.save(DOMAIN, "prices in one currency", "prices in the same currency")
            printed = dev.wait_for("restarted")
        finally:
            saved.set()
        asking.result()

    assert printed.endswith(f" s: {DOMAIN}\n")
    until(lambda: "prices in the same currency" in dev.refusal())
    assert changed(before, dev.pids()) == {"order"}


def test_a_restart_takes_less_than_two_seconds(dev: Dev, until: Until) -> None:
    def took() -> float:
        until(waiting_file(dev.root / ".run/order.loaded.json").exists)
        dev.save(DOMAIN, "\n\n\n", "\n\n\n\n")
        return seconds(dev.wait_for("order restarted"))

    assert min(took() for _ in range(3)) < 2  # other work on the machine may slow down one or two


def test_a_syntax_error_is_shown_and_the_old_code_serves_until_it_is_fixed(dev: Dev) -> None:
    before, refusal = dev.pids(), dev.refusal()

    dev.save(DOMAIN, "def total(", "def total((")

    shown = dev.wait_for("SyntaxError")
    assert shown.startswith("not restarted: order\n")
    assert f'File "{DOMAIN}", line ' in shown
    assert "def total((" in shown
    assert (dev.pids(), dev.refusal()) == (before, refusal)

    dev.save(DOMAIN, "def total((", "def total(")

    assert dev.wait_for("restarted").startswith("order restarted in ")
    assert changed(before, dev.pids()) == {"order"}


def test_code_that_fails_to_start_is_shown_and_the_old_code_serves(dev: Dev) -> None:
    before, refusal = dev.pids(), dev.refusal()

    dev.save(SERVER, "    measures = OrderMeasures(", "    measures = OrderMeasures('no such argument', ")

    assert "order not restarted: the version before keeps serving; the next save tries again\n" in dev.wait_for(
        "TypeError"
    )
    assert (dev.pids(), dev.refusal()) == (before, refusal)

    dev.save(SERVER, "'no such argument', ", "")

    assert dev.wait_for("restarted in").endswith(f" s: {SERVER}\n")
    assert changed(before, dev.pids()) == {"order"}


def test_a_new_module_and_its_removal_restart_the_service(dev: Dev) -> None:
    store = "services/user/src/user_service/store.py"
    extra = dev.root / "services/user/src/user_service/extra.py"
    first = "from __future__ import annotations\n"

    extra.write_text("ANSWER = 42\n")
    assert "user restarted in " in dev.wait_for("user_service/extra.py")

    dev.save(store, first, f"{first}import user_service.extra\n")
    assert "user restarted in " in dev.wait_for(store)

    extra.unlink()
    assert "user not restarted: the version before keeps serving" in dev.wait_for("ModuleNotFoundError")

    dev.save(store, "import user_service.extra\n", "")
    assert "user restarted in " in dev.wait_for(store)


def test_a_shared_file_restarts_all_programs_that_load_it(dev: Dev, until: Until) -> None:
    before = dev.pids()
    faults = "faults/src/faults/switches.py"

    dev.save(faults, "\n\n\n", "\n\n\n\n")

    printed = dev.wait_for("restarted") + dev.wait_for("restarted")
    assert printed.startswith(f"{faults} is loaded by order, user\n")
    assert {line.partition(" ")[0] for line in printed.splitlines()[1:]} == {"order", "user"}
    assert changed(before, dev.pids()) == {"order", "user"}

    dev.save("telemetry/src/telemetry/semconv.py", "\n\n", "\n\n\n")

    printed = dev.wait_for("is loaded by")
    assert printed == "telemetry/src/telemetry/semconv.py is loaded by console, gateway, order, user\n"
    for _ in MODULES:
        dev.wait_for("restarted in")
    until(lambda: "currency" in dev.refusal())


def test_a_program_that_exits_is_reported_and_the_next_save_starts_it(dev: Dev, until: Until) -> None:
    before = dev.pids()
    psutil.Process(before["order"]).kill()
    assert dev.wait_for("exited") == "order exited; the next save starts it\n"

    dev.save(DOMAIN, "\n\n\n", "\n\n\n\n")

    dev.wait_for("order restarted in ")
    until(lambda: changed(before, dev.pids()) == {"order"})


def test_ctrl_c_ends_programs_and_standbys(dev: Dev, until: Until, is_gone: IsGone) -> None:
    def children() -> list[int]:
        return [child.pid for child in psutil.Process(dev.process.pid).children()]

    until(lambda: len(children()) == 2 * len(MODULES) + 1)  # each with a standby, and the reaper
    pids = children()

    dev.process.send_signal(signal.SIGINT)

    _, errors = dev.process.communicate(timeout=30)
    assert (dev.process.returncode, errors) == (0, "")

    until(lambda: all(is_gone(pid) for pid in pids))
