"""The smallest valid merchants, channels and payments; a test states only what matters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import factory
from django.contrib.auth.models import User
from django.db import transaction

from ledger.identifiers import new_id
from payments.actions import (
    captures,
    links,
    payer_sessions,
    payments,
)
from payments.actions.links import LinkRequest
from payments.actions.payer_sessions import MintedSession
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    FeePlan,
    Merchant,
    MerchantMember,
    Payment,
    PaymentAttempt,
    PaymentLink,
)
from payments.states import OperationStatus
from tests.factories.refunds import (  # noqa: F401  found here by those who ask for payments
    answered_refund,
    failed_refund,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.rig.channel_terms import agreed_account


class FeePlanFactory(factory.django.DjangoModelFactory[FeePlan]):
    """A plan of 2.00 % in CNY, without a payout fee."""

    class Meta:
        model = FeePlan

    name = factory.Sequence(lambda number: f"plan {number}")
    currency = "CNY"
    fee_bps = 200
    created_at = NOON


class MerchantFactory(factory.django.DjangoModelFactory[Merchant]):
    """A merchant on a plan of its own, T+1."""

    class Meta:
        model = Merchant

    external_no = factory.Sequence(lambda number: f"M{number:06}")
    name = factory.Sequence(lambda number: f"Merchant {number}")
    fee_plan = factory.SubFactory(FeePlanFactory)
    created_at = NOON


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person who may sign in, without rights."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person{number}")
    email = factory.LazyAttribute(lambda person: f"{person.username}@example.com")


class MemberFactory(factory.django.DjangoModelFactory[MerchantMember]):
    """A person who owns a merchant's place in the portal."""

    class Meta:
        model = MerchantMember

    merchant = factory.SubFactory(MerchantFactory)
    user = factory.SubFactory(UserFactory)
    role = "owner"
    created_at = NOON


class ChannelAccountFactory(factory.django.DjangoModelFactory[ChannelAccount]):
    """An account that is switched on: at a simulator where nobody listens, or as two agreed."""

    class Meta:
        model = ChannelAccount
        abstract = True

    gateway_url = "http://127.0.0.1:1/gateway.do"
    is_enabled = True
    created_at = NOON

    @classmethod
    def _create(cls, model_class: type[ChannelAccount], **columns: Any) -> ChannelAccount:
        if columns["gateway_url"].startswith("http://"):
            return model_class.objects.create(**columns)
        return agreed_account(**columns)


def bank_gateway(channel: Any) -> str:
    """Say where the bank of a channel's account is: at the simulator too, or nowhere."""
    return channel.gateway_url if channel.gateway_url.startswith("http://") else ""


class BankAccountFactory(ChannelAccountFactory):
    """Our account at a bank."""

    channel = "bank"
    name = factory.Sequence(lambda number: f"Bank {number}")
    currency = "CNY"
    merchant_no = factory.Sequence(lambda number: f"1109000000{number:05}")
    agent_code = "308100005019"


class AlipayAccountFactory(ChannelAccountFactory):
    """An Alipay account at 0.60 %, settling to a bank account; without working keys."""

    channel = "alipay"
    name = factory.Sequence(lambda number: f"Alipay {number}")
    currency = "CNY"
    merchant_no = factory.Sequence(lambda number: f"2088{number:012}")
    app_id = factory.Sequence(lambda number: f"2021{number:012}")
    channel_fee_bps = 60
    settles_to = factory.SubFactory(
        BankAccountFactory,
        currency=factory.SelfAttribute("..currency"),
        gateway_url=factory.LazyAttribute(lambda bank: bank_gateway(bank.factory_parent)),
    )


def owed_payment(
    *merchants: Merchant,
    amounts_minor: Sequence[int] = (10_000,),
    unallocated_minor: int = 0,
    at: datetime = NOON,
    payer_no: str | None = None,
    created_by: Merchant | None = None,
    capture_mode: str = "automatic",
    link: PaymentLink | None = None,
) -> Payment:
    """Create a payment with one allocation per merchant, as the API would.

    It is the platform's unless a merchant's credential asks: `created_by`.
    """
    sellers = merchants or (MerchantFactory(),)
    with transaction.atomic():
        return payments.create_payment(
            PaymentRequest(
                merchant_order_no=new_id("order")[:40],
                amount_minor=sum(amounts_minor) + unallocated_minor,
                currency=sellers[0].fee_plan.currency,
                allocations=[
                    AllocationRequest(merchant_id=seller.id, amount_minor=amount_minor)
                    for seller, amount_minor in zip(sellers, amounts_minor, strict=True)
                ],
                description="Goods",
                payer_no=payer_no,
                merchant_id=created_by.pk if created_by else None,
                capture_mode=capture_mode,
                link_id=link.pk if link else None,
            ),
            actor="key:test",
            at=at,
        )


def confirmed_payment(
    *merchants: Merchant,
    amounts_minor: Sequence[int] = (10_000,),
    unallocated_minor: int = 0,
    at: datetime = NOON,
    payer_no: str | None = None,
    method: str = "alipay_qr",
) -> PaymentAttempt:
    """Create and confirm a payment through the actions; return its try, not sent yet."""
    payment = owed_payment(
        *merchants,
        amounts_minor=amounts_minor,
        unallocated_minor=unallocated_minor,
        at=at,
        payer_no=payer_no,
    )
    with transaction.atomic():
        payments.confirm_payment(
            payment.id,
            method=method,
            client_ip="203.0.113.7",
            actor="key:test",
            at=at,
        )
    return PaymentAttempt.objects.select_related("payment", "operation").get(payment=payment)


def minted_session(payment: Payment, *, return_url: str = "", at: datetime = NOON) -> MintedSession:
    """Make a page to pay on: a payer's session, or a link where the payment names no payer."""
    mint = payer_sessions.mint_session if payment.payer_id else payer_sessions.mint_link
    with transaction.atomic():
        return mint(payment.pk, return_url=return_url, actor="key:test", at=at)


def payment_link(
    merchant: Merchant | None = None,
    *,
    amount_minor: int = 10_000,
    is_single_use: bool = True,
    expires_at: datetime | None = None,
    at: datetime = NOON,
) -> PaymentLink:
    """Make a payment link as the merchant's own person would."""
    seller = merchant or MerchantFactory()
    request = LinkRequest(
        merchant_id=seller.id,
        amount_minor=amount_minor,
        currency=seller.fee_plan.currency,
        description="Tea for two",
        is_single_use=is_single_use,
        expires_at=expires_at,
    )
    return links.make_link(request, actor="member:1", at=at)


def attempted_payment(
    payment: Payment, *, channel: ChannelAccount, method: str = "alipay_qr"
) -> PaymentAttempt:
    """Bring a payment to `awaiting_payment` with an order that waits for its payer.

    It takes the states' own steps, without a channel: what the channel would say is the test's.
    """
    operation = ChannelOperation.objects.create(
        kind="pay",
        channel_account=channel,
        channel_no=new_id("att").upper(),
        subject=new_id("att"),
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        created_at=payment.created_at,
    )
    attempt = PaymentAttempt.objects.create(
        payment=payment,
        channel_account=channel,
        operation=operation,
        method=method,
        created_at=payment.created_at,
    )
    for status in (OperationStatus.SENDING, OperationStatus.AWAITING_PAYER):
        for row in (operation, attempt):
            row.status = status
            row.save(update_fields=["status"])
    payment.status = "awaiting_payment"
    payment.method = "alipay_qr"
    payment.save(update_fields=["status", "method"])
    return attempt


def paid_payment(
    *merchants: Merchant,
    amounts_minor: Sequence[int] = (10_000,),
    unallocated_minor: int = 0,
    at: datetime = NOON,
    channel: ChannelAccount | None = None,
    payer_no: str | None = None,
    created_by: Merchant | None = None,
) -> Payment:
    """Create a payment and book it as paid at `at`, through the actions."""
    payment = owed_payment(
        *merchants,
        amounts_minor=amounts_minor,
        unallocated_minor=unallocated_minor,
        at=at,
        payer_no=payer_no,
        created_by=created_by,
    )
    account = channel or AlipayAccountFactory(currency=payment.currency)
    attempt = attempted_payment(payment, channel=account)
    with transaction.atomic():
        captures.record_paid(
            payment,
            attempt=attempt,
            outcome=Outcome(
                kind=OutcomeKind.SUCCEEDED,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                paid_at=at,
            ),
            actor="channel:alipay",
            at=at,
        )
    for row in (attempt.operation, attempt):
        row.status = OperationStatus.SUCCEEDED
        row.save(update_fields=["status"])
    return payment
