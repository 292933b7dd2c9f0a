"""P3: an entry of four postings with every law on, against django-hordak and pgledger."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.benchmarks.results import Row, Target
from tests.benchmarks.servers import (
    HORDAK_SETTINGS,
    PRODUCT_SETTINGS,
    Burst,
    Crowd,
    crowd,
    migrate,
    prepare,
    scratch_database,
)

CONNECTIONS = (1, 8, 16)
OURS, CAPTURE, HORDAK, PGLEDGER = "tianping", "capture", "hordak", "pgledger"


def run(*, is_quick: bool) -> Row:
    """Measure all contestants in turns, round by round, and compare the medians."""
    rounds, seconds = (3, 1.0) if is_quick else (9, 2.0)
    bursts: dict[tuple[str, int], list[Burst]] = {}
    with _contestants() as crowds:
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for name, one in crowds.items():
                    burst = one.work(connections=connections, seconds=seconds)
                    bursts.setdefault((name, connections), []).append(burst)
        names = list(crowds)
    return Row(
        name="P3",
        title=f"posting an entry of four postings; entries per second, median of {rounds} rounds",
        columns=tuple(f"{connections} connections" for connections in CONNECTIONS),
        figures={
            name: tuple(f"{_speed(bursts[name, number]):,.0f}" for number in CONNECTIONS)
            for name in names
        },
        targets=tuple(_targets(bursts)),
        notes=() if PGLEDGER in names else ("PGLEDGER_SQL names no file: pgledger was left out.",),
    )


@contextmanager
def _contestants() -> Iterator[dict[str, Crowd]]:
    """Set everybody up, each in a database of its own; capture shares ours."""
    with ExitStack() as stack:
        ours = stack.enter_context(scratch_database("ours"))
        migrate(ours)
        hordak = stack.enter_context(scratch_database("hordak")).as_its_owner()
        migrate(hordak, settings_module=HORDAK_SETTINGS)
        places = [
            (OURS, ours, PRODUCT_SETTINGS),
            (HORDAK, hordak, HORDAK_SETTINGS),
            (CAPTURE, ours, PRODUCT_SETTINGS),
        ]
        if os.environ.get("PGLEDGER_SQL"):
            scratch = stack.enter_context(scratch_database("pgledger")).as_its_owner()
            places.insert(2, (PGLEDGER, scratch, PRODUCT_SETTINGS))
        for name, scratch, module in places:
            prepare(name, scratch, settings_module=module)
        for _, scratch, _ in places:
            scratch.run_sql("VACUUM ANALYZE")
        yield {
            name: stack.enter_context(
                crowd(name, scratch, connections=max(CONNECTIONS), settings_module=module)
            )
            for name, scratch, module in places
        }


def _speed(bursts: list[Burst]) -> float:
    return median(burst.per_second for burst in bursts)


def _targets(bursts: dict[tuple[str, int], list[Burst]]) -> Iterator[Target]:
    """Compare round by round, so that a slow minute of the machine slows both sides."""
    for peer, connections, wanted in (
        (HORDAK, 1, 4.0),
        (PGLEDGER, 1, 1.5),
        (HORDAK, 8, 5.0),
        (PGLEDGER, 8, 3.0),
    ):
        if (peer, connections) in bursts:
            pairs = zip(bursts[OURS, connections], bursts[peer, connections], strict=True)
            ratio = median(ours.per_second / theirs.per_second for ours, theirs in pairs)
            yield Target(f"{connections} connections against {peer}", ratio, wanted)
    pairs = zip(bursts[OURS, 16], bursts[OURS, 8], strict=True)
    ratio = median(many.per_second / some.per_second for many, some in pairs)
    yield Target("16 connections against 8", ratio, 0.8)
