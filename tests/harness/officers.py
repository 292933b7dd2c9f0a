"""Officers: they decide on refunds that wait for them, at once and against each other.

What a channel could not deliver they have sent to a card of the payer's: one asks, others agree.

A process of the house as the web is, over the same broken wire. What an officer is about to say
goes into a history first, so that the checker can tell who has agreed to what.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.harness.lines import History

PAUSE_SECONDS = 0.7
NAMES = ("harness-officer-1", "harness-officer-2", "harness-officer-3")
CARD = "6222020200112230"
"""A payer's, by its sum a true one: it must be read nowhere (I12)."""


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
        from payments.actions.refunds import approve_refund, reject_refund
        from payments.models import Refund
        from payments.queries.refunds import refund_payload

        waiting = Refund.objects.filter(status="pending_approval").order_by("created_at")
        for refund in waiting[:20]:
            self._decide(
                refund.approval_id,
                maker=refund.requested_by,
                shown=refund_payload(refund),
                agree=partial(approve_refund, refund.pk),
                refuse=partial(reject_refund, refund.pk),
            )
        for refund in Refund.objects.filter(status="abnormal").order_by("created_at")[:20]:
            self._have_delivered(refund.pk)

    def _have_delivered(self, refund_id: str) -> None:
        """Ask that an abnormal refund goes to a card of its payer's, or decide on that."""
        from ledger.errors import DomainError
        from payments.actions.refund_remedies import (
            PayerCard,
            approve_remedy,
            reject_remedy,
            request_remedy,
        )
        from payments.queries.refund_remedies import open_remedy, remedy_payload

        remedy = open_remedy(refund_id)
        if remedy is not None:
            self._decide(
                remedy.approval_id,
                maker=remedy.maker,
                shown=remedy_payload(remedy),
                agree=partial(approve_remedy, refund_id),
                refuse=partial(reject_remedy, refund_id),
            )
            return
        card = PayerCard("ICBC_DEBIT", CARD, "张茶")
        with suppress(DomainError):
            request_remedy(refund_id, card=card, note="Told by phone.", actor=self.actor, at=_now())

    def _decide(
        self,
        request_id: str,
        *,
        maker: str,
        shown: dict[str, Any],
        agree: Callable[..., object],
        refuse: Callable[..., object],
    ) -> None:
        from ledger.actions.approvals import Decider, digest_of
        from ledger.admin.second_factor import NOT_ASKED
        from ledger.errors import DomainError

        digest = digest_of(shown)
        decider = Decider(actor=self.actor, client_ip="127.0.0.1", second_factor=NOT_ASKED)
        drawn = self.chance.random()
        known = {"officer": self.actor, "request": request_id, "digest": digest.hex()}
        with suppress(DomainError):
            if drawn < 0.05:
                # Whoever asked for it says yes as well, which must be worth nothing.
                decider = replace(decider, actor=maker)
                agree(shown_digest=digest, decider=decider, at=_now())
            elif drawn < 0.15:
                self.history.note(**known, what="reject")
                refuse(shown_digest=digest, decider=decider, at=_now(), reason="No.")
            else:
                self.history.note(**known, what="approve")
                agree(shown_digest=digest, decider=decider, at=_now())


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def run(actors: list[str], *, folder: Path, seed: int) -> None:
    """Be all officers at once, each on a thread, until the process is killed."""
    for number, actor in enumerate(actors):
        history = History(folder / f"officer-{number}.jsonl")
        # Not the same again after each death: what would kill it would kill it for ever.
        officer = Officer(actor, history, f"officer {number} {seed} {time.monotonic_ns()}")
        threading.Thread(target=officer.run, daemon=True).start()
    threading.Event().wait()
