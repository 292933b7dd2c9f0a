"""`python -m tests.harness`: run the house with everything broken; exit 1 when it did not hold.

A run of ten minutes has goals as well; it exits with 3 when it held and missed one.
"""

import argparse
import secrets
import signal
import sys
from pathlib import Path

from tests.harness.children import ROOT
from tests.harness.plan import Plan
from tests.harness.run import Run

MISSED = 3
"""How a long run ends in which nothing was wrong, and too little happened."""


def main() -> int:
    """Run once and print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, help="instead of minutes")
    parser.add_argument("--seed", type=int, help="repeats the schedule of an earlier run")
    parser.add_argument("--design", default="real", choices=["real", "new_number", "three_tries"])
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two payments")
    parser.add_argument("--bad", type=int, default=33, help="bad answers of the channel, in %%")
    parser.add_argument("--fault-points", default="* kill 1", help="see ledger/fault_points.py")
    parser.add_argument("--calm", action="store_true", help="nothing is bad but the channel")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "harness")
    asked = parser.parse_args()
    seed = secrets.randbits(32) if asked.seed is None else asked.seed
    plan = Plan(
        seed=seed,
        seconds=asked.seconds or asked.minutes * 60,
        folder=asked.folder.absolute(),
        design=asked.design,
        percent=asked.bad,
        clients=asked.clients,
        pause_seconds=asked.pause,
        fault_points=asked.fault_points,
        is_calm=asked.calm,
    )
    print(f"The harness, {plan.seconds:.0f} s, seed {seed}; logs in {plan.folder}", flush=True)
    # What was started is ended also when somebody ends this one politely.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    report = Run(plan).carry_out()
    print(report.as_markdown(), flush=True)
    if report.all_violations:
        return 1
    return 0 if report.has_met_its_goals else MISSED


if __name__ == "__main__":
    sys.exit(main())
