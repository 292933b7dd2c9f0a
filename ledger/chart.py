"""The chart of accounts: every kind of account there is, by its four digits, as data.

Debit is the normal side of assets and expenses, credit of the rest. An account is kept per code,
owner and currency; whose it is stands behind each number. A floor means that PostgreSQL refuses
a balance below zero; accounts without one mirror the outside world, which may overdraw them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NormalSide = Literal["D", "C"]
Category = Literal["asset", "liability", "equity", "income", "expense"]

# --- assets: what the platform has or is owed ---------------------------------------------------

BANK = "1001"
"""Money that the bank's own statement shows; owner: a bank account."""

CHANNEL_RECEIVABLE = "1101"
"""Captured at a channel and not yet settled to us; owner: channel account / merchant."""

CHANNEL_WALLET = "1102"
"""Money in our account at a channel; owner: the channel's merchant number."""

MERCHANT_DEBT = "1201"
"""What the platform advanced to a merchant and takes back first; owner: merchant."""

DISPUTED_FUNDS_RECEIVABLE = "1301"
"""What a channel took for a dispute that is not decided; owner: channel."""

SUSPENSE_SHORT = "1901"
"""What the outside world is missing, until explained (短款); owner: channel or bank."""

# --- liabilities: what the platform owes --------------------------------------------------------

MERCHANT_PENDING = "2001"
"""A merchant's money that has not matured; owner: merchant."""

MERCHANT_AVAILABLE = "2002"
"""A merchant's money that the next settlement may take; owner: merchant."""

SETTLEMENT_HOLD = "2003"
"""Money that a settlement holds from its draft until it is paid out; owner: merchant."""

RISK_FREEZE = "2004"
"""A merchant's money that a hold has frozen; owner: merchant."""

RESERVE = "2005"
"""Money kept back against later refunds and disputes; owner: merchant."""

DISPUTE_FREEZE = "2006"
"""Money frozen until a dispute is decided; owner: merchant."""

REFUND_PAYABLE = "2101"
"""Refunds accepted and not yet confirmed by the channel; owner: channel account / merchant."""

CHANNEL_FEE_PAYABLE = "2201"
"""Fees of a channel that sends invoices; owner: channel."""

VAT_PAYABLE = "2301"
"""Value-added tax in our fees; owner: legal entity."""

PAYOUTS_IN_TRANSIT = "2401"
"""Payouts instructed and not yet confirmed; owner: bank or channel account."""

SUSPENSE_LONG = "2901"
"""Money that belongs to nobody known, until explained (长款); owner: channel or bank."""

# --- equity -------------------------------------------------------------------------------------

FX_POSITION = "3001"
"""The two sides of a currency conversion; owner: currency."""

OPENING_BALANCES = "3101"
"""What was there before these books began; owner: legal entity."""

# --- income -------------------------------------------------------------------------------------

SERVICE_FEE = "4001"
"""The platform's fee on payments; owner: merchant."""

PAYOUT_FEE = "4002"
"""The platform's fee on payouts."""

ADJUSTMENTS_AGAINST_MERCHANTS = "4009"
"""Corrections by hand that merchants paid."""

LONG_ITEMS_INCOME = "4102"
"""Long items that two people took to income."""

FX_SPREAD = "4103"
"""What a currency conversion earned over its rate."""

# --- expenses -----------------------------------------------------------------------------------

CHANNEL_COST = "5001"
"""Fees that channels take from us; owner: channel account / merchant."""

BANK_CHARGES = "5002"
"""What banks charge for transfers."""

CHARGEBACK_LOSS = "5003"
"""Disputes lost that the platform bears."""

BAD_DEBT = "5004"
"""Merchants' debt that two people wrote off."""

ADJUSTMENTS_IN_FAVOUR_OF_MERCHANTS = "5009"
"""Corrections by hand that merchants received."""

FX_LOSS = "5101"
"""Realised exchange losses; a gain stands on the credit side."""

SHORT_ITEMS_LOSS = "5102"
"""Short items that two people wrote off."""


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One kind of account: its number, its name for people, and how its balance behaves."""

    code: str
    name: str | Promise
    normal_side: NormalSide
    is_floored: bool
    category: Category


def _asset(code: str, name: Promise | str, *, floored: bool) -> ChartAccount:
    """Describe something that the platform has: debits raise it."""
    return ChartAccount(code, name, "D", floored, "asset")


def _liability(code: str, name: Promise | str, *, floored: bool) -> ChartAccount:
    """Describe something that the platform owes: credits raise it."""
    return ChartAccount(code, name, "C", floored, "liability")


def _equity(code: str, name: Promise | str) -> ChartAccount:
    """Describe a position of the owners: credits raise it."""
    return ChartAccount(code, name, "C", False, "equity")


def _income(code: str, name: Promise | str) -> ChartAccount:
    """Describe something that was earned: credits raise it."""
    return ChartAccount(code, name, "C", False, "income")


def _expense(code: str, name: Promise | str) -> ChartAccount:
    """Describe something that was spent: debits raise it."""
    return ChartAccount(code, name, "D", False, "expense")


_ACCOUNTS = (
    _asset(BANK, pgettext_lazy("account", "bank"), floored=False),
    _asset(CHANNEL_RECEIVABLE, _("channel receivable"), floored=False),
    _asset(CHANNEL_WALLET, _("channel wallet"), floored=False),
    _asset(MERCHANT_DEBT, _("merchant debt"), floored=True),
    _asset(DISPUTED_FUNDS_RECEIVABLE, _("disputed funds receivable"), floored=True),
    _asset(SUSPENSE_SHORT, _("suspense short"), floored=True),
    _liability(MERCHANT_PENDING, _("merchant pending"), floored=True),
    _liability(MERCHANT_AVAILABLE, _("merchant available"), floored=True),
    _liability(SETTLEMENT_HOLD, _("settlement hold"), floored=True),
    _liability(RISK_FREEZE, _("risk freeze"), floored=True),
    _liability(RESERVE, _("reserve"), floored=True),
    _liability(DISPUTE_FREEZE, _("dispute freeze"), floored=True),
    _liability(REFUND_PAYABLE, _("refund payable to payers"), floored=True),
    _liability(CHANNEL_FEE_PAYABLE, _("channel fee payable"), floored=False),
    _liability(VAT_PAYABLE, _("VAT payable"), floored=False),
    _liability(PAYOUTS_IN_TRANSIT, _("payouts in transit"), floored=True),
    _liability(SUSPENSE_LONG, _("suspense long"), floored=True),
    _equity(FX_POSITION, _("FX position")),
    _equity(OPENING_BALANCES, _("opening balances")),
    _income(SERVICE_FEE, _("service fee")),
    _income(PAYOUT_FEE, pgettext_lazy("account", "payout fee")),
    _income(ADJUSTMENTS_AGAINST_MERCHANTS, _("adjustments against merchants")),
    _income(LONG_ITEMS_INCOME, _("long items taken to income")),
    _income(FX_SPREAD, _("FX spread")),
    _expense(CHANNEL_COST, _("channel cost")),
    _expense(BANK_CHARGES, _("bank charges")),
    _expense(CHARGEBACK_LOSS, _("chargeback loss")),
    _expense(BAD_DEBT, _("bad debt")),
    _expense(ADJUSTMENTS_IN_FAVOUR_OF_MERCHANTS, _("adjustments in favour of merchants")),
    _expense(FX_LOSS, _("FX loss")),
    _expense(SHORT_ITEMS_LOSS, _("short items written off")),
)

CHART: Mapping[str, ChartAccount] = MappingProxyType(
    {account.code: account for account in _ACCOUNTS}
)
"""All accounts by code, in order of code."""
