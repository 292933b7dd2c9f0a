"""Many connections of one contestant: a process each, forked from one that is set up.

    python -m tests.benchmarks.crowd CONTESTANT CONNECTIONS

It says "ready", then answers each line of its input, {"connections": 8, "seconds": 2.0}, with a
line: how many seconds it was at it, and for each connection how long each deed took.
"""

import importlib
import json
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from time import perf_counter
from types import ModuleType

import django

WARM_UP_SECONDS = 0.3


def main() -> None:
    """Set up one contestant and do what the input says until it ends."""
    name, connections = sys.argv[1:]
    contestant = importlib.import_module(f"tests.benchmarks.contestants.{name}")
    context = multiprocessing.get_context("fork")
    members = []
    for _ in range(int(connections)):
        ours, theirs = context.Pipe()
        context.Process(target=_member, args=(contestant, theirs), daemon=True).start()
        members.append(ours)
    for member in members:
        member.recv()
    _say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        busy = members[: order["connections"]]
        start = perf_counter() + 0.05
        for member in busy:
            member.send((start, order["seconds"]))
        answers = [member.recv() for member in busy]
        _say({"seconds": max(done[0] for done in answers), "took": [done[1] for done in answers]})


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _member(contestant: ModuleType, orders: Connection) -> None:
    """Do deeds on a connection of its own for as long as each order says."""
    deed = contestant.deed()
    _repeat(deed, seconds=WARM_UP_SECONDS)
    orders.send("ready")
    while True:
        start, seconds = orders.recv()
        time.sleep(max(0.0, start - perf_counter()))
        orders.send(_repeat(deed, seconds=seconds))


def _repeat(deed, *, seconds: float) -> tuple[float, list[float]]:
    """Do a deed again and again; return for how long, and how long each took, in seconds."""
    took = []
    start = before = perf_counter()
    while before - start < seconds:
        deed()
        after = perf_counter()
        took.append(after - before)
        before = after
    return before - start, took


if __name__ == "__main__":
    django.setup()
    main()
