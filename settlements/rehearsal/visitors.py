"""What a visitor of the demo can try: a link to pay at, and a merchant who is paid by Alipay."""

from datetime import datetime, timedelta

from django.db import transaction

from ledger.identifiers import new_id
from payments.actions.links import LinkRequest, make_link_for
from payments.actions.payer_sessions import mint_link
from payments.actions.payments import AllocationRequest, PaymentRequest, create_payment
from payments.models import Merchant, PaymentLink
from payments.queries.links import LinkState, state_of
from settlements.actions.destinations import register_destination
from settlements.models import Destination, DestinationKind
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.month import PAYEE_LOGON, PAYEE_NAME, PLAN, VISITED_MERCHANT

LINK_LIFETIME = timedelta(days=7)


@transaction.atomic(durable=True)
def payment_link(*, at: datetime) -> dict[str, str]:
    """Let the tea house be owed 88.00 by whoever opens the link; return payment and token."""
    merchant = Merchant.objects.get(external_no=VISITED_MERCHANT)
    payment = create_payment(
        PaymentRequest(
            merchant_order_no=new_id("visit"),
            amount_minor=8_800,
            currency=PLAN.currency,
            allocations=[AllocationRequest(merchant_id=merchant.pk, amount_minor=8_800)],
            description="Longjing, 100 g",
            expires_at=at + LINK_LIFETIME,
        ),
        actor=ACTOR,
        at=at,
    )
    minted = mint_link(payment.pk, return_url="", actor=ACTOR, at=at)
    return {"payment": payment.pk, "token": minted.token}


def link_for_all(*, at: datetime) -> str:
    """Return the code of a link by which 30.00 can be paid as often as visitors like.

    Again: the same, until it is over.
    """
    merchant = Merchant.objects.get(external_no=VISITED_MERCHANT)
    known = PaymentLink.objects.filter(merchant=merchant, is_single_use=False)
    for link in known.order_by("-created_at", "-pk"):
        if state_of(link, at=at) == LinkState.OPEN:
            return link.code
    return make_link_for(
        LinkRequest(
            merchant_id=merchant.pk,
            amount_minor=3_000,
            currency=PLAN.currency,
            description="A seat at the tasting",
            is_single_use=False,
        ),
        actor=ACTOR,
        at=at,
        reason="For visitors of the demo",
    ).code


def pay_by_alipay(merchant: Merchant, *, at: datetime) -> None:
    """Let a merchant be paid to an Alipay account. Again: finds it."""
    known = Destination.objects.filter(
        merchant=merchant, kind=DestinationKind.ALIPAY, is_active=True
    )
    if known.exists():
        return
    register_destination(
        merchant_id=merchant.pk,
        currency=PLAN.currency,
        holder_name=PAYEE_NAME,
        bank_name="",
        bank_code="",
        account_no=PAYEE_LOGON,
        kind=DestinationKind.ALIPAY,
        account_type="logon_id",
        actor=ACTOR,
        at=at,
    )
