"""Payouts that had failed and are said to be made after all: marked, told, never paid again."""

from datetime import datetime

from django.db import connection

from ledger.actions.audit import record_audit
from payments.actions.events import record_event
from settlements.errors import PayoutContradictedError
from settlements.models import Payout
from settlements.queries.payouts import contradicted_among
from settlements.states import CONTRADICTED, PayoutStatus


def contradict(payout: Payout, *, now: str, actor: str, at: datetime) -> bool:
    """Mark a locked payout that had failed; return whether that is news. A part.

    `now` is what the bank or the channel says of it. Its settlement is neither paid again nor
    given back from here on: people look at the evidence.
    """
    assert connection.in_atomic_block, "contradict is a part; open a transaction around it"
    assert payout.status == PayoutStatus.FAILED, "only what failed may turn out to be made"
    if payout.status_code == CONTRADICTED:
        return False
    facts = {"was": payout.status_code, "now": now, "settlement": payout.settlement_id}
    payout.status_code = CONTRADICTED
    payout.save(update_fields=["status_code"])
    record_event(kind="payout.contradicted", subject=payout.pk, at=at, payload=facts)
    record_audit(action="payout.contradicted", subject=payout.pk, actor=actor, at=at, after=facts)
    return True


def require_uncontradicted(settlement_id: str) -> None:
    """Refuse a locked settlement of which any payout may have been made after all.

    Raises PayoutContradictedError.
    """
    if contradicted_among([settlement_id]):
        raise PayoutContradictedError
