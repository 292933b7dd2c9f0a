"""Measure the rows of docs/performance.md: all of them, or the one that ROW names.

    make bench            ROW=P3 for one row, QUICK=1 for a small run that proves little

Ends with 1 when a row that it ran misses a target. What it found is kept in `var/bench/`.
"""

import importlib
import os
import sys

import django

ROWS = {"P2": "outcomes", "P3": "posting", "P8": "growth"}


def main() -> int:
    """Run the rows that were asked for, one after the other."""
    from django.conf import settings

    wanted = os.environ.get("ROW", "")
    if wanted and wanted not in ROWS:
        print(f"There is no row {wanted}; there are {', '.join(ROWS)}.")
        return 2
    is_quick = os.environ.get("QUICK", "") not in ("", "0")
    rows = []
    for name in [wanted] if wanted else ROWS:
        module = importlib.import_module(f"tests.benchmarks.{ROWS[name]}")
        row = module.run(is_quick=is_quick)
        row.write(settings.VAR_DIR / "bench")
        print(f"\n{row}", flush=True)
        rows.append(row)
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    sys.exit(main())
