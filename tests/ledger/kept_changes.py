"""What the tests of configuration history and their neighbours share."""

from typing import Any

from tests.rig.attacks import run_sql


def differences() -> list[tuple[Any, ...]]:
    return run_sql("SELECT * FROM ledger_history_differences()")
