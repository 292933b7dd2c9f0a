"""What a rehearsed marketplace needs before its first order: accounts, merchants, people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from payments.actions.fees import create_fee_plan
from payments.actions.merchants import register_merchant
from payments.models import ChannelAccount, FeePlan, Merchant
from payments.pricing import FeeTerms
from settlements.actions.destinations import register_destination
from settlements.models import Destination
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import ACTOR, Terms
from settlements.rehearsal.other_side import OtherSide


@dataclass(frozen=True, slots=True)
class Plan:
    """What is agreed for one rehearsed marketplace. Rates in basis points, amounts minor.

    `wechat` is its mchid and appid at WeChat Pay, `unionpay` its merId at UnionPay, `wallet` the
    app id and seller id of the Alipay application that pays out; each may be missing.
    """

    name: str
    currency: str
    fee: FeeTerms
    payout_fee_minor: int
    channel_fee_bps: int
    app_id: str
    seller_id: str
    bank_account_no: str
    bank_opening_minor: int
    wechat: tuple[str, str] | None = None
    unionpay: str | None = None
    wallet: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A marketplace that is ready to trade."""

    plan: Plan
    fee_plan: FeePlan
    alipay: ChannelAccount
    bank: ChannelAccount
    wechat: ChannelAccount | None = None
    unionpay: ChannelAccount | None = None
    wallet: ChannelAccount | None = None


def open_marketplace(plan: Plan, *, other_side: OtherSide, at: datetime) -> Marketplace:
    """Register fee plan and channel accounts, and exchange keys. Again: finds them."""
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
    terms = Terms(plan.name, plan.currency, plan.channel_fee_bps, plan.bank_account_no)
    bank = channel_accounts.bank_account(terms, other_side=other_side, at=at)
    return Marketplace(
        plan=plan,
        fee_plan=fee_plan,
        bank=bank,
        alipay=channel_accounts.alipay_account(
            terms,
            app_id=plan.app_id,
            seller_id=plan.seller_id,
            bank=bank,
            other_side=other_side,
            at=at,
        ),
        wechat=plan.wechat
        and channel_accounts.wechat_account(
            terms,
            mchid=plan.wechat[0],
            appid=plan.wechat[1],
            bank=bank,
            other_side=other_side,
            at=at,
        ),
        unionpay=channel_accounts.unionpay_account(
            terms, mer_id=plan.unionpay, bank=bank, other_side=other_side, at=at
        )
        if plan.unionpay
        else None,
        wallet=plan.wallet
        and channel_accounts.wallet_account(
            terms,
            app_id=plan.wallet[0],
            seller_id=plan.wallet[1],
            bank=bank,
            other_side=other_side,
            at=at,
        ),
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
