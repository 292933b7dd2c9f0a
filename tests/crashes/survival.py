"""A deed that dies where a test says, and all that goes on after it: clients, workers, janitors."""

import os
import traceback
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TypeVar

from django.db import connection, connections
from procrastinate.contrib.django import app

from ledger import fault_points
from ledger.fault_points import CrashError
from payments.actions import channels
from payments.channels.transport import Transport
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

Result = TypeVar("Result")
ROUNDS_MAX = 12


class NeverOverError(AssertionError):
    """What had to come to an end did not."""


class Survivor:
    """Does deeds again that died; `crashes` counts how often one did."""

    def __init__(self) -> None:
        self.crashes = 0

    def does(self, deed: Callable[[], Result]) -> Result:
        """Do a deed until it is not cut short; each crash loses the connection and its work."""
        while True:
            try:
                return deed()
            except CrashError:
                self.crashes += 1
                connection.close()

    def works_until(self, is_over: Callable[[], bool]) -> None:
        """Be workers and janitor until something is over. Raises NeverOverError."""
        for _ in range(ROUNDS_MAX):
            if is_over():
                return
            let_machines_wait()
            for janitor in ("payments.janitor", "settlements.janitor"):
                self.does(lambda name=janitor: app.tasks[name](at=NOON.isoformat()))
            self.does(_work_off)
        raise NeverOverError(f"not over after {ROUNDS_MAX} rounds")


def _work_off() -> None:
    """Run what is due; the job of a worker that died goes back into the queue."""
    try:
        run_jobs()
    except CrashError:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'failed'")
        raise


@contextmanager
def crashing_at(name: str):
    """Let the process end at a fault point, once."""
    waiting = [name]

    def crash() -> None:
        if waiting:
            raise CrashError(waiting.pop())

    with fault_points.armed([(name, crash)]):
        yield


@contextmanager
def noting_visits():
    """Give the set of the fault points that are passed in a block."""
    visited: set[str] = set()
    deeds = [(name, lambda name=name: visited.add(name)) for name in fault_points.REGISTRY]
    with fault_points.armed(deeds):
        yield visited


def _forget_connections() -> None:
    """Begin without the parent's connections, which are not the child's to use.

    Beside a loop on its thread, as a browser of an earlier test keeps one, Django has others than
    without; the loop is not the child's, which so finds those from before, with what was open then.
    """
    channels._TRANSPORT = Transport()
    for alias in connections:
        with suppress(AttributeError):
            del connections[alias]


def killed_at(name: str, deed: Callable[[], object]) -> int:
    """Do a deed in a process of its own that is killed at a fault point; return how it ended.

    That is the negative signal, 0 for a deed that came to its end alive, 1 for one that raised.
    """
    connection.close()
    child = os.fork()
    if child == 0:
        _forget_connections()
        fault_points.arm(f"{name} kill")
        ended = 1
        try:
            deed()
            ended = 0
        except BaseException:  # noqa: BLE001  the parent must hear of it
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(ended)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
