"""What is filled in to ask for other terms, and what people call the parts of terms."""

from collections.abc import Mapping

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from ledger.admin.operations import ReasonForm, Words
from payments.models.fees import RefundPolicy
from payments.parked_states import LateMoney

_WORDS = {
    "plan": gettext_lazy("fee plan"),
    "name": gettext_lazy("name"),
    "merchant": gettext_lazy("merchant"),
    "currency": gettext_lazy("currency"),
    "version": gettext_lazy("version"),
    "merchants_moved": gettext_lazy("merchants who are moved"),
    "fee_bps": gettext_lazy("fee"),
    "fixed_minor": gettext_lazy("fixed fee"),
    "minimum_minor": gettext_lazy("minimum fee"),
    "maximum_minor": gettext_lazy("maximum fee"),
    "payout_fee_minor": gettext_lazy("payout fee"),
    "vat_bps": gettext_lazy("value-added tax"),
    "refund_policy": gettext_lazy("fee on refund"),
    "moves_merchants": gettext_lazy("moves the plan's merchants"),
    "fee_plan_id": gettext_lazy("version of the fee plan"),
    "settlement_cycle": gettext_lazy("settlement cycle"),
    "late_money": gettext_lazy("money that comes too late"),
    "advance_limit_minor": gettext_lazy("may owe at most"),
    "is_reserve_for_refunds": gettext_lazy("reserve pays refunds"),
    "reserve_bps": gettext_lazy("kept back as reserve"),
    "reserve_days": gettext_lazy("kept back for days"),
}


def _until_now(words: Words) -> Words:
    return format_lazy("{words} ({then})", words=words, then=gettext_lazy("until now"))


WORDS: Mapping[str, Words] = {
    **_WORDS,
    **{f"was_{name}": _until_now(words) for name, words in _WORDS.items()},
}
"""What people call the parts of terms, those that are asked for and those in force."""


class FeePlanForm(ReasonForm):
    """The next version of a plan, in minor units and basis points as it is kept."""

    name = forms.CharField(
        label=_WORDS["name"],
        max_length=60,
        help_text=gettext_lazy("The same name makes the next version, another one a new plan."),
    )
    fee_bps = forms.IntegerField(label=gettext_lazy("Fee, basis points"), min_value=0)
    fixed_minor = forms.IntegerField(label=gettext_lazy("Fixed fee, minor units"), min_value=0)
    minimum_minor = forms.IntegerField(label=gettext_lazy("Minimum fee, minor units"), min_value=0)
    maximum_minor = forms.IntegerField(
        label=gettext_lazy("Maximum fee, minor units"), min_value=0, required=False
    )
    payout_fee_minor = forms.IntegerField(
        label=gettext_lazy("Payout fee, minor units"), min_value=0
    )
    vat_bps = forms.IntegerField(
        label=gettext_lazy("Value-added tax in the fee, basis points"), min_value=0
    )
    refund_policy = forms.ChoiceField(
        label=gettext_lazy("Fee on refund"), choices=RefundPolicy.choices
    )
    moves_merchants = forms.BooleanField(
        label=gettext_lazy("Put all merchants of the plan on this version"), required=False
    )
    field_order = (
        "name",
        "fee_bps",
        "fixed_minor",
        "minimum_minor",
        "maximum_minor",
        "payout_fee_minor",
        "vat_bps",
        "refund_policy",
        "moves_merchants",
        "reason",
    )


class MerchantTermsForm(ReasonForm):
    """Which plan a merchant is on, and when their money becomes available."""

    fee_plan_id = forms.ChoiceField(label=gettext_lazy("Fee plan"))
    settlement_cycle = forms.CharField(
        label=gettext_lazy("Settlement cycle"),
        max_length=8,
        help_text=gettext_lazy("T+N counts business days, D+N calendar days."),
    )
    late_money = forms.ChoiceField(
        label=gettext_lazy("Money that comes after its payment was closed"),
        choices=LateMoney.choices,
        help_text=gettext_lazy("Of several merchants of a payment all must say the same."),
    )
    field_order = ("fee_plan_id", "settlement_cycle", "late_money", "reason")


class AccountTermsForm(ReasonForm):
    """How far a merchant may owe, and what is kept back of their money."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    advance_limit_minor = forms.IntegerField(
        label=gettext_lazy("May owe at most, minor units"), min_value=0
    )
    is_reserve_for_refunds = forms.BooleanField(
        label=gettext_lazy("The reserve pays refunds"), required=False
    )
    reserve_bps = forms.IntegerField(
        label=gettext_lazy("Reserve kept back, basis points of the net"), min_value=0
    )
    reserve_days = forms.IntegerField(label=gettext_lazy("Reserve kept for days"), min_value=0)
    field_order = (
        "currency",
        "advance_limit_minor",
        "is_reserve_for_refunds",
        "reserve_bps",
        "reserve_days",
        "reason",
    )
