"""The returns desk: what was bought and is not wanted goes back, and its money with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from payments.actions import refunds
from payments.actions.refunds import RefundRequest
from payments.models import Refund
from payments.states import DEAD_REFUNDS, RefundStatus
from settlements.rehearsal.people import Person

OVER = (*DEAD_REFUNDS, RefundStatus.SUCCEEDED, RefundStatus.FUNDING_REQUIRED)
"""Where a refund has ended, or waits for money that a rehearsal does not wait for."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Somebody who asks for refunds, and somebody else who agrees to the large ones."""

    maker: Person
    checker: Person

    def give_back(self, payment_id: str, *, number: str, at: datetime) -> None:
        """Ask that all of a payment goes back. What was asked for before is found by its number."""
        known = Refund.objects.filter(merchant=None, merchant_refund_no=number)
        refund = known.select_related("approval").first() or refunds.start_refund(
            RefundRequest(
                payment_id=payment_id, merchant_refund_no=number, reason="Order cancelled"
            ),
            actor=self.maker.actor,
            at=at,
        )
        if refund.status == RefundStatus.PENDING_APPROVAL:
            assert refund.approval is not None, "what waits for approval has its request"
            refunds.approve_refund(
                refund.pk,
                shown_digest=bytes(refund.approval.digest),
                decider=self.checker.decider,
                at=at,
            )

    def over(self, payment_ids: Iterable[str]) -> dict[str, str]:
        """Return where the refunds of these payments have ended; those under way are left out."""
        return dict(
            Refund.objects.filter(payment_id__in=list(payment_ids), status__in=OVER).values_list(
                "payment_id", "status"
            )
        )
