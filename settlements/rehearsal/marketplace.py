"""What a rehearsed marketplace needs before its first order: keys, accounts, merchants, people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.actions.channels import (
    ChannelAccountRequest,
    point_at_gateway,
    register_channel_account,
)
from payments.actions.fees import create_fee_plan
from payments.actions.merchants import register_merchant
from payments.models import ChannelAccount, FeePlan, Merchant
from payments.pricing import FeeTerms
from settlements.actions.destinations import register_destination
from settlements.models import Destination
from settlements.rehearsal.other_side import OtherSide

ACTOR = "task:rehearsal"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is agreed for one rehearsed marketplace. Rates in basis points, amounts minor."""

    name: str
    currency: str
    fee: FeeTerms
    payout_fee_minor: int
    channel_fee_bps: int
    app_id: str
    seller_id: str
    bank_account_no: str
    bank_opening_minor: int


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A marketplace that is ready to trade."""

    plan: Plan
    fee_plan: FeePlan
    alipay: ChannelAccount
    bank: ChannelAccount


def open_marketplace(plan: Plan, *, other_side: OtherSide, at: datetime) -> Marketplace:
    """Register fee plan, bank and Alipay account, and exchange keys. Again: finds them."""
    other_side.open_bank_account(
        account_no=plan.bank_account_no,
        holder=plan.name,
        currency=plan.currency,
        opening_minor=plan.bank_opening_minor,
    )
    fee_plan = FeePlan.objects.filter(name=plan.name).order_by("-version").first()
    fee_plan = fee_plan or create_fee_plan(
        name=plan.name,
        currency=plan.currency,
        terms=plan.fee,
        payout_fee_minor=plan.payout_fee_minor,
        actor=ACTOR,
        at=at,
    )
    bank = _bank(plan, at=at)
    return Marketplace(
        plan=plan,
        fee_plan=fee_plan,
        bank=bank,
        alipay=_alipay(plan, bank=bank, other_side=other_side, at=at),
    )


def take_in_merchants(
    market: Marketplace, names: Mapping[str, str], *, at: datetime
) -> dict[str, Merchant]:
    """Register merchants by the partner's number, each with a bank account. Again: finds them."""
    known = {
        merchant.external_no: merchant
        for merchant in Merchant.objects.filter(external_no__in=names)
    }
    with_destination = set(
        Destination.objects.filter(
            merchant__external_no__in=names, currency=market.plan.currency, is_active=True
        ).values_list("merchant_id", flat=True)
    )
    for number, (external_no, name) in enumerate(names.items(), 1):
        merchant = known.get(external_no) or register_merchant(
            external_no=external_no, name=name, fee_plan=market.fee_plan, actor=ACTOR, at=at
        )
        known[external_no] = merchant
        if merchant.id not in with_destination:
            register_destination(
                merchant_id=merchant.id,
                currency=market.plan.currency,
                holder_name=name[:70],
                bank_name="Simulated Bank",
                bank_code="102100099996",
                account_no=f"62220200{number:011}",
                actor=ACTOR,
                at=at,
            )
    return known


def _bank(plan: Plan, *, at: datetime) -> ChannelAccount:
    found = ChannelAccount.objects.filter(
        channel="bank", merchant_no=plan.bank_account_no, currency=plan.currency
    ).first()
    return found or register_channel_account(
        ChannelAccountRequest(
            channel="bank",
            name=f"{plan.name} · bank",
            currency=plan.currency,
            merchant_no=plan.bank_account_no,
            agent_code="308100005019",
        ),
        actor=ACTOR,
        at=at,
    )


def _alipay(
    plan: Plan, *, bank: ChannelAccount, other_side: OtherSide, at: datetime
) -> ChannelAccount:
    gateway_url = f"{other_side.url}/gateway.do"
    found = ChannelAccount.objects.filter(
        channel="alipay", app_id=plan.app_id, currency=plan.currency
    ).first()
    if found is not None:
        return point_at_gateway(found, gateway_url=gateway_url, actor=ACTOR, at=at)
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    channel_key = other_side.register_app(
        app_id=plan.app_id,
        public_key_pem=public_pem.decode(),
        seller_id=plan.seller_id,
        fee_bps=plan.channel_fee_bps,
        currency=plan.currency,
        bank_account_no=plan.bank_account_no,
    )
    return register_channel_account(
        ChannelAccountRequest(
            channel="alipay",
            name=f"{plan.name} · Alipay",
            currency=plan.currency,
            merchant_no=plan.seller_id,
            app_id=plan.app_id,
            gateway_url=gateway_url,
            private_key_pem=private_pem.decode(),
            channel_public_key_pem=channel_key,
            channel_fee_bps=plan.channel_fee_bps,
            settles_to=bank,
        ),
        actor=ACTOR,
        at=at,
    )
