"""What is kept of a payer who may not pay as they chose."""

from ledger.actions.audit import record_refusal
from ledger.errors import DomainError
from payments.actions import checkout
from payments.checkout.access import CheckoutRequest
from payments.models import PayerSession
from payments.queries.tries import is_refusal_kept


def note_refused_choice(
    request: CheckoutRequest, session: PayerSession, error: DomainError
) -> None:
    """Keep in the audit trail that a payment was not confirmed; of many in a minute, only some."""
    if not is_refusal_kept(session.payment_id, code=error.code, at=request.at):
        return
    record_refusal(
        action="payment.confirm",
        subject=session.payment_id,
        actor=checkout.actor_of(session),
        at=request.at,
        code=error.code,
        client_ip=request.client_ip or None,
        request_id=request.request_id,
    )
