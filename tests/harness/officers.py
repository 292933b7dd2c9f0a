"""Officers: they decide on refunds that wait for them, at once and against each other.

A process of the house as the web is, over the same broken wire. What an officer is about to say
goes into a history first, so that the checker can tell who has agreed to what.
"""

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.harness.lines import History

PAUSE_SECONDS = 0.7
NAMES = ("harness-officer-1", "harness-officer-2", "harness-officer-3")


@dataclass
class Officer:
    """One person with one pair of hands, and dice of their own."""

    actor: str
    history: History
    seed: str
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Draw from the seed."""
        self.chance = random.Random(self.seed)

    def run(self) -> None:
        """Look and decide until the process ends; whatever goes wrong is tried again."""
        from django.db import connection

        while True:
            with suppress(Exception):
                self._decide_on_all()
            with suppress(Exception):
                connection.close()
            time.sleep(PAUSE_SECONDS * self.chance.uniform(0.5, 1.5))

    def _decide_on_all(self) -> None:
        from ledger.actions.approvals import digest_of
        from ledger.errors import DomainError
        from payments.models import Refund
        from payments.queries.refunds import refund_payload

        waiting = Refund.objects.filter(status="pending_approval").order_by("created_at")
        for refund in waiting[:20]:
            with suppress(DomainError):
                self._decide(refund, digest=digest_of(refund_payload(refund)))

    def _decide(self, refund, *, digest: bytes) -> None:
        from ledger.actions.approvals import Decider
        from ledger.admin.second_factor import NOT_ASKED
        from payments.actions.refunds import approve_refund, reject_refund

        decider = Decider(actor=self.actor, client_ip="127.0.0.1", second_factor=NOT_ASKED)
        drawn, at = self.chance.random(), datetime.now(UTC)  # noqa: TID251
        known = {"officer": self.actor, "request": refund.approval_id, "digest": digest.hex()}
        if drawn < 0.05:
            # Whoever asked for it says yes as well, which must be worth nothing.
            decider = replace(decider, actor=refund.requested_by)
            approve_refund(refund.pk, shown_digest=digest, decider=decider, at=at)
        elif drawn < 0.15:
            self.history.note(**known, what="reject")
            reject_refund(refund.pk, shown_digest=digest, decider=decider, at=at, reason="No.")
        else:
            self.history.note(**known, what="approve")
            approve_refund(refund.pk, shown_digest=digest, decider=decider, at=at)


def run(actors: list[str], *, folder: Path, seed: int) -> None:
    """Be all officers at once, each on a thread, until the process is killed."""
    for number, actor in enumerate(actors):
        history = History(folder / f"officer-{number}.jsonl")
        # Not the same again after each death: what would kill it would kill it for ever.
        officer = Officer(actor, history, f"officer {number} {seed} {time.monotonic_ns()}")
        threading.Thread(target=officer.run, daemon=True).start()
    threading.Event().wait()
