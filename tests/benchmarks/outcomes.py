"""P2: a verified outcome to paid and booked in the worker, against the floor of an API."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from django.conf import settings

from settlements.rehearsal.processes import free_ports
from tests.benchmarks.results import Row, Target
from tests.benchmarks.servers import (
    Burst,
    Crowd,
    Scratch,
    crowd,
    migrate,
    prepare,
    scratch_database,
)

FLOOR_SETTINGS = "tests.benchmarks.contestants.floor_settings"
FLOOR, OUTCOME = "floor", "outcome"
CONNECTIONS = {FLOOR: 16, OUTCOME: 4}
"""As many as keep both cores busy: clients of a server, and workers."""
START_SECONDS = 30


def run(*, is_quick: bool) -> Row:
    """Let clients and workers work in turns; compare, round by round, what both cores get done."""
    rounds, seconds = (3, 1.0) if is_quick else (9, 2.0)
    bursts: dict[str, list[Burst]] = {FLOOR: [], OUTCOME: []}
    with _contestants() as crowds:
        for turn in range(rounds):
            # Whoever goes first in one round goes last in the next.
            for name, one in list(crowds.items())[:: 1 if turn % 2 else -1]:
                bursts[name].append(one.work(connections=CONNECTIONS[name], seconds=seconds))
    pairs = zip(bursts[OUTCOME], bursts[FLOOR], strict=True)
    ratio = median(outcome.per_second / floor.per_second for outcome, floor in pairs)
    return Row(
        name="P2",
        title=f"a verified outcome to paid and booked; deeds per second, median of {rounds} rounds",
        columns=("per second", "p50 ms", "p95 ms"),
        figures={
            f"{name}, {CONNECTIONS[name]} connections": (
                f"{median(burst.per_second for burst in some):,.0f}",
                *(
                    f"{median(burst.percentile(percent) for burst in some) * 1000:.1f}"
                    for percent in (50, 95)
                ),
            )
            for name, some in bursts.items()
        },
        targets=(Target("outcomes against requests of the floor, per core", ratio, 0.60),),
    )


@contextmanager
def _contestants() -> Iterator[dict[str, Crowd]]:
    """Set the two up in one database, the floor with its server beside it."""
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_database("outcomes"))
        migrate(scratch)
        prepare(FLOOR, scratch.as_its_owner())
        scratch.run_sql("GRANT INSERT, SELECT ON bench_floor TO PUBLIC")
        scratch.run_sql("GRANT USAGE ON SEQUENCE bench_floor_id_seq TO PUBLIC")
        prepare(OUTCOME, scratch.as_its_owner())
        scratch.run_sql("GRANT USAGE ON SEQUENCE bench_turn TO PUBLIC")
        scratch.run_sql("VACUUM ANALYZE")
        stack.enter_context(_server(scratch))
        yield {
            name: stack.enter_context(crowd(name, scratch, connections=CONNECTIONS[name]))
            for name in (FLOOR, OUTCOME)
        }


@contextmanager
def _server(scratch: Scratch) -> Iterator[None]:
    """Serve the floor as the product is served, with a worker for each core."""
    (port,) = free_ports(1)
    os.environ["FLOOR_PORT"] = str(port)
    process = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "granian",
                "tests.benchmarks.contestants.floor_wsgi:application",
            ),
            *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "error"),
        ],
        cwd=settings.BASE_DIR,
        env={
            **scratch.environment(settings_module=FLOOR_SETTINGS),
            "DATABASE_POOL_MAX": "4",
        },
    )
    try:
        _wait_for(port, process=process)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, *, process: subprocess.Popen) -> None:
    """Wait until the server takes connections. Raises RuntimeError when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server of the floor did not start; its own words stand above.")
