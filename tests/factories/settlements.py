"""The smallest settlements, approvals and bank files; a test states only what matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection

from ledger.actions.approvals import Decider, digest_of
from payments.actions.maturity import mature
from payments.actions.operations import Lease
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.channels.base import Outcome
from payments.models import ChannelAccount, Merchant
from settlements.actions import payouts, settlements, transfers
from settlements.actions.destinations import register_destination
from settlements.models import Destination, DestinationKind, PaymentFile, Payout, Settlement
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.factories.bank_files import (  # noqa: F401  found here by those who pay out
    Movement,
    bank_statement,
    payment_report,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    BankAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    paid_payment,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.channel_terms import agree_to_terms

MAKER = "user:1"
CHECKER = Decider(actor="user:2", client_ip="203.0.113.2", request_id="req-2", second_factor="totp")
OTHER_CHECKER = Decider(actor="user:3", client_ip="203.0.113.3", second_factor="totp")


@dataclass(frozen=True, slots=True)
class House:
    """Our bank account and the channel that settles to it."""

    bank: ChannelAccount
    channel: ChannelAccount


def house(*, currency: str = "CNY") -> House:
    """Open our bank account and an Alipay account that settles to it."""
    bank = BankAccountFactory(currency=currency)
    return House(bank=bank, channel=AlipayAccountFactory(currency=currency, settles_to=bank))


def settled_merchant(
    *,
    payout_fee_minor: int = 0,
    currency: str = "CNY",
    with_destination: bool = True,
    account_no: str = "6222020000000000001",
) -> Merchant:
    """Take a merchant in who can be paid out: a plan of 2.00 % and a bank account."""
    plan = FeePlanFactory(payout_fee_minor=payout_fee_minor, currency=currency)
    merchant = MerchantFactory(fee_plan=plan)
    if with_destination:
        destination_of(merchant, currency=currency, account_no=account_no)
    return merchant


def destination_of(
    merchant: Merchant, *, currency: str = "CNY", account_no: str = "6222020000000000001"
) -> Destination:
    """Register the account to which a merchant's money goes."""
    return register_destination(
        merchant_id=merchant.id,
        currency=currency,
        holder_name="商户甲有限公司",
        bank_name="中国工商银行",
        bank_code="102100099996",
        account_no=account_no,
        actor="user:9",
        at=NOON,
    )


def available_money(
    merchant: Merchant,
    *,
    channel: ChannelAccount | None = None,
    amounts_minor: Sequence[int] = (10_000,),
    at: datetime = NOON,
    business_date: date = FRIDAY,
) -> None:
    """Have the merchant paid at `at`, and let what is due through a business day mature."""
    for amount_minor in amounts_minor:
        paid_payment(merchant, amounts_minor=(amount_minor,), at=at, channel=channel)
    matured(business_date, currency=merchant.fee_plan.currency)


def matured(business_date: date, *, currency: str = "CNY") -> None:
    """Let what is due through a business day become available."""
    if connection.in_atomic_block:
        # In a test's one transaction the deferred laws would be tried after the days have moved
        # on, and see lines as available that were pending when they were written.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    mature(
        currency=currency, business_date=business_date, actor="task:payments.mature", at=NEXT_NOON
    )


def drafted_settlement(
    merchant: Merchant, *, business_date: date = FRIDAY, at: datetime = NEXT_NOON
) -> Settlement:
    """Run settlement for the merchant's currency and return the merchant's newest one."""
    settlements.draft_settlements(
        currency=merchant.fee_plan.currency, business_date=business_date, actor=MAKER, at=at
    )
    return Settlement.objects.filter(merchant=merchant).latest("created_at", "pk")


def submitted_settlement(merchant: Merchant) -> Settlement:
    """Bring the merchant's available money to a settlement that waits for another person."""
    settlement = drafted_settlement(merchant)
    return settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)


def shown_digest(settlement: Settlement) -> bytes:
    """Return the digest of what a person who looks at the settlement now is shown."""
    return digest_of(settlements.settlement_payload(settlement))


def approved_settlement(merchant: Merchant) -> Settlement:
    """Bring the merchant's available money to a settlement that two people agreed to."""
    settlement = submitted_settlement(merchant)
    return settlements.approve_settlement(
        settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
    )


def exported_file(bank: ChannelAccount, *, at: datetime = NEXT_NOON) -> PaymentFile:
    """Send what waits at our bank account to the bank."""
    file = payouts.export_payment_file(bank.pk, execution_date=FRIDAY, actor=MAKER, at=at)
    assert file is not None, "nothing waits to be paid"
    return file


def paying_payout(merchant: Merchant, *, bank: ChannelAccount) -> Payout:
    """Bring the merchant's available money to a payout that is at the bank."""
    settlement = approved_settlement(merchant)
    exported_file(bank)
    return Payout.objects.select_related("operation", "payment_file").get(settlement=settlement)


def wallet_at(
    market: Marketplace,
    other_side: OtherSide,
    *,
    fee_minor: int = 0,
    message_url: str | None = None,
) -> ChannelAccount:
    """Open a second Alipay account of a marketplace: in certificate mode, with 1,000.00 in it."""
    app_id = f"2029{market.plan.app_id[4:]}"
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    seller_id = f"2077{market.plan.seller_id[4:]}"
    issued = other_side.alipay.register_app(
        app_id=app_id,
        public_key_pem=public_pem.decode(),
        seller_id=seller_id,
        fee_bps=60,
        currency=market.plan.currency,
        bank_account_no=market.plan.bank_account_no,
        message_url=message_url,
    )
    other_side.alipay.agree_terms(app_id=app_id, fee_minor=fee_minor)
    other_side.alipay.top_up(app_id=app_id, amount_minor=100_000, number=f"TOPUP{app_id}")
    return register_simulated(
        SimulatedAccount(
            channel="alipay",
            name=f"{market.plan.name} · wallet",
            currency=market.plan.currency,
            merchant_no=seller_id,
            app_id=app_id,
            gateway_url=f"{other_side.url}/gateway.do",
            private_key_pem=private_pem.decode(),
            channel_public_key=issued.alipay_cert_pem,
            key_serial=issued.app_cert_sn,
            root_cert_serial=issued.root_cert_sn,
            can_transfer=True,
            settles_to_id=market.bank.pk,
        ),
        actor=MAKER,
        at=NOON,
    )


def alipay_destination_of(
    merchant: Merchant, *, account_no: str = "seller@example.com", account_type: str = "logon_id"
) -> Destination:
    """Register the Alipay account to which a merchant's money goes."""
    return register_destination(
        merchant_id=merchant.id,
        currency="CNY",
        holder_name="张三",
        bank_name="",
        bank_code="",
        account_no=account_no,
        kind=DestinationKind.ALIPAY,
        account_type=account_type,
        actor="user:9",
        at=NOON,
    )


def sent_transfer(merchant: Merchant, *, channel: ChannelAccount) -> tuple[Payout, Lease]:
    """Bring the merchant's available money to a transfer that is being sent from our wallet.

    What the channel answers is the test's: it goes into `answered_transfer`.
    """
    agree_to_terms(channel, can_transfer=True)
    alipay_destination_of(merchant)
    settlement = approved_settlement(merchant)
    payout = Payout.objects.get(settlement=settlement)
    lease = transfers._claim_to_send(payout.pk, at=NEXT_NOON)
    assert lease is not None, "it waits to be sent"
    return payout, lease


def answered_transfer(
    merchant: Merchant, *, channel: ChannelAccount, outcome: Outcome, at: datetime = NEXT_NOON
) -> Payout:
    """Bring the merchant's available money to a transfer of which the channel said this."""
    payout, lease = sent_transfer(merchant, channel=channel)
    transfers._record(payout.pk, lease=lease, outcome=outcome, at=at)
    payout.refresh_from_db()
    return payout
