"""Everybody outside the house, in one process: the partner's clients and their payers."""

import threading
from typing import Any

from tests.harness import clients
from tests.harness.payers import Payers
from tests.harness.plan import Plan


def gather(plan: Plan, ports: dict[str, int], opened: dict[str, Any], over: Any) -> None:
    """Be clients and payers, in a process of their own; payers go on until clients have ended."""
    done = threading.Event()
    payers = Payers(
        simulator_port=ports["simulator"],
        database=plan.folder / "simulator" / "simulator.sqlite3",
        seed=plan.seed,
        is_over=done.is_set,
    )
    paying = threading.Thread(target=payers.run)
    paying.start()
    clients.work(
        count=plan.clients,
        port=ports["web"],
        opened=opened,
        folder=plan.folder,
        seed=plan.seed,
        is_over=over.is_set,
        lifetime_seconds=plan.lifetime_seconds,
        pause_seconds=plan.pause_seconds,
    )
    done.set()
    paying.join()
