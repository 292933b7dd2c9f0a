"""P8: the same entries in books of 100,000 postings and in books of 10,000,000."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.benchmarks.filling import fill
from tests.benchmarks.results import Row, Target
from tests.benchmarks.servers import (
    PRODUCT_SETTINGS,
    Burst,
    Crowd,
    crowd,
    migrate,
    prepare,
    scratch_database,
)

SMALL = 100_000
DEEDS = {"tianping": "entry of four postings", "capture": "capture with its line"}


def run(*, is_quick: bool) -> Row:
    """Fill two databases and work in both in turns; compare the p95 of each pair of turns."""
    big = 1_000_000 if is_quick else 10_000_000
    rounds, seconds = (5, 1.0) if is_quick else (15, 2.0)
    bursts: dict[tuple[str, int], list[Burst]] = {}
    with _crowds(SMALL, big) as crowds:
        for turn in range(rounds):
            # Whoever goes first in one round goes last in the next.
            for (name, postings), one in list(crowds.items())[:: 1 if turn % 2 else -1]:
                burst = one.work(connections=1, seconds=seconds)
                bursts.setdefault((name, postings), []).append(burst)
    return Row(
        name="P8",
        title=f"growth; milliseconds, median of {rounds} rounds, one connection",
        columns=("p50", "p95"),
        figures={
            f"{DEEDS[name]}, {postings:,} postings": tuple(
                f"{median(burst.percentile(percent) for burst in some) * 1000:.2f}"
                for percent in (50, 95)
            )
            for (name, postings), some in sorted(bursts.items())
        },
        targets=tuple(
            Target(f"p95 of {what}, {big:,} against {SMALL:,}", ratio, 1.15, is_floor=False)
            for name, what in DEEDS.items()
            for ratio in [_ratio(bursts[name, big], bursts[name, SMALL])]
        ),
    )


def _ratio(big: list[Burst], small: list[Burst]) -> float:
    """Compare round by round, so that a slow minute of the machine slows both sides."""
    return median(
        many.percentile(95) / few.percentile(95) for many, few in zip(big, small, strict=True)
    )


@contextmanager
def _crowds(*sizes: int) -> Iterator[dict[tuple[str, int], Crowd]]:
    """Fill one database per size, and set one connection of each deed up in each."""
    with ExitStack() as stack:
        made = {}
        for postings in sizes:
            scratch = stack.enter_context(scratch_database(f"with_{postings}"))
            migrate(scratch)
            fill(scratch, postings=postings)
            for name in DEEDS:
                prepare(name, scratch, settings_module=PRODUCT_SETTINGS)
            made[postings] = scratch
        for scratch in made.values():
            scratch.run_sql("VACUUM ANALYZE")
        yield {
            (name, postings): stack.enter_context(crowd(name, scratch, connections=1))
            for postings, scratch in made.items()
            for name in DEEDS
        }
