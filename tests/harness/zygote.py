"""One process that has imported the house, and forks every child of the harness from itself.

A killed process is back in some ten milliseconds instead of the two seconds that imports take, so
that one can die each second on two cores. It reads orders from stdin, a JSON line each, and
answers each by one.
"""

import ctypes
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

from ledger import fault_points

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


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


_ROLES = {"web": _web, "worker": _worker, "simulator": _simulator}


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
