"""One process that has imported the house, and forks every child of the harness from itself.

A killed process is back in some ten milliseconds instead of the two seconds that imports take, so
that one can die each second on two cores. It reads orders from stdin, a JSON line each, and
answers each by one.
"""

import ctypes
import gc
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import django

from ledger import fault_points

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
POINTS_MAX = 256


def main() -> None:
    """Import, then fork what is asked for until stdin ends."""
    _end_with_parent()
    django.setup()
    _import_all()
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if order["verb"] == "start":
            _say({"pid": _fork(order)})
        elif order["verb"] == "visits":
            _say({"visits": _VISITS.by_name()})
        else:
            _say({"ended": _reaped()})


def _import_all() -> None:
    """Load what children need, and connect to nothing."""
    from django.core.management import load_command_class
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.urls import get_resolver
    from procrastinate.contrib.django import app

    import payments.simulator.process  # noqa: F401
    import tests.harness.officers  # noqa: F401

    get_resolver().url_patterns  # noqa: B018
    # Not config.wsgi: it asks the database, and its pool would not live on in a fork.
    get_wsgi_application()
    app.perform_import_paths()
    load_command_class("procrastinate.contrib.django", "procrastinate")
    import psycopg_pool  # noqa: F401

    # What is here stays: children that never count its references do not copy its pages.
    gc.collect()
    gc.freeze()
    assert connection.connection is None


def _fork(order: dict[str, Any]) -> int:
    if order["after"]:
        with suppress(ChildProcessError):
            os.waitpid(order["after"], 0)
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _end_with_parent()
        _be_called(Path(order["log"]).stem)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        sys.stdin = open(0)  # noqa: SIM115
        fault_points.arm(order.get("fault_points", ""), seed=os.getpid())
        _VISITS.count()
        _ROLES[order["role"]](order)
    except BaseException:  # noqa: BLE001  whatever it is, it is written down
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(1)
    raise AssertionError


def _web(order: dict[str, Any]) -> None:
    import multiprocessing

    from granian import Granian

    multiprocessing.set_start_method("fork", force=True)
    os.register_at_fork(after_in_child=_end_with_parent)
    Granian(
        "config.wsgi:application",
        address="127.0.0.1",
        port=order["port"],
        interface="wsgi",
        workers=1,
        blocking_threads=4,
        websockets=False,
        log_enabled=False,
    ).serve()


def _worker(order: dict[str, Any]) -> None:
    from django.core.management import call_command

    call_command(
        "procrastinate",
        "worker",
        *("--concurrency", str(order["concurrency"]), "--queues", order["queues"]),
        *("--delete-jobs", "successful", "--fetch-job-polling-interval", "1.5"),
    )


def _simulator(order: dict[str, Any]) -> None:
    from decimal import Decimal

    from payments.simulator.process import Options, run

    run(
        Options(
            host="127.0.0.1",
            port=order["port"],
            directory=Path(order["directory"]),
            ladder_scale=Decimal("0.01"),
            public_url=None,
        )
    )


def _officers(order: dict[str, Any]) -> None:
    from tests.harness import officers

    officers.run(order["actors"], folder=Path(order["folder"]), seed=order["seed"])


_ROLES = {"web": _web, "worker": _worker, "simulator": _simulator, "officers": _officers}


class Visits:
    """How often each fault point was passed, by all children together, the dead included.

    In memory that all share; two that pass one at the same moment may be counted as one.
    """

    def __init__(self) -> None:
        """Make room for all points that there may be."""
        self._memory = memoryview(mmap.mmap(-1, 8 * POINTS_MAX)).cast("Q")

    def count(self) -> None:
        """Have each point of this process count who passes, and then do what it was armed with."""
        for place, point in enumerate(sorted(fault_points.REGISTRY.values(), key=_name)):
            point.deed = partial(self._passed, place, point.deed)

    def by_name(self) -> dict[str, int]:
        """Say how often each was passed."""
        names = sorted(fault_points.REGISTRY)
        return {name: self._memory[place] for place, name in enumerate(names)}

    def _passed(self, place: int, deed: Callable[[], None] | None) -> None:
        self._memory[place] += 1
        if deed is not None:
            deed()


def _name(point: fault_points.FaultPoint) -> str:
    return point.name


_VISITS = Visits()


def _reaped() -> list[int]:
    ended = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append(pid)


def _end_with_parent() -> None:
    """Have the system kill this process when its parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _be_called(name: str) -> None:
    """Have `ps` and `top` show which child this is (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, f"h:{name}".encode())


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.harness.settings")
    main()
