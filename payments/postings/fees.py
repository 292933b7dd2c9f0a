"""How channels' fees read in the books: accrued (E02), and given back with a refund (E05f).

Who bears what a channel takes, and how it takes it, differs from channel to channel; the legs here
go into the entries of payments and refunds. Pure functions; amounts are minor units.
"""

from enum import StrEnum

from ledger import chart
from ledger.actions.journal import Leg, credit, debit
from payments.postings.owners import channel_owner
from payments.pricing import GivenBack


class ChannelFeeTerms(StrEnum):
    """Who bears a channel's fee, and how the channel takes it.

    `borne`: the platform, netted from what the channel settles. `passed_on`: the merchant, netted
    likewise. `invoiced`: the platform, by the channel's monthly invoice.
    """

    BORNE = "borne"
    PASSED_ON = "passed_on"
    INVOICED = "invoiced"


def accrued(
    fee_minor: int, *, channel_account_id: str, owner_id: str, terms: ChannelFeeTerms, currency: str
) -> list[Leg]:
    """Accrue what the channel takes of one payment; `owner_id` is that of its 1101.

    E02a  Dr 5001 fee    Cr 1101 fee    the platform bears it
    E02b  Dr 2001 fee    Cr 1101 fee    the merchant does: the debit is in what is credited to 2001
    E02c  Dr 5001 fee    Cr 2201 fee    the channel invoices it; the payable is one row per channel
    """
    taken = credit(chart.CHANNEL_RECEIVABLE, owner_id, fee_minor, currency)
    if terms == ChannelFeeTerms.PASSED_ON:
        return [taken]
    if terms == ChannelFeeTerms.INVOICED:
        taken = credit(chart.CHANNEL_FEE_PAYABLE, channel_account_id, fee_minor, currency)
    return [debit(chart.CHANNEL_COST, owner_id, fee_minor, currency), taken]


def returned(
    fee_minor: int,
    *,
    channel_account_id: str,
    merchant_id: str,
    terms: ChannelFeeTerms,
    passed_to: GivenBack | None,
    currency: str,
) -> list[Leg]:
    """Book what the channel gives back of its fee: E05f, as its terms are.

    borne      Dr 1101 fee    Cr 5001 fee
    passed on  Dr 1101 fee    Cr 2001 what is still pending, Cr 1201 the debt, Cr 2002 the rest
    invoiced   Dr 2201 fee    Cr 5001 fee

    `passed_to` says where a merchant's goes; without it all of it is available (2002).
    """
    owner = channel_owner(channel_account_id, merchant_id)
    if terms == ChannelFeeTerms.PASSED_ON:
        to = passed_to or GivenBack(0, 0, fee_minor)
        return [
            debit(chart.CHANNEL_RECEIVABLE, owner, fee_minor, currency),
            credit(chart.MERCHANT_PENDING, merchant_id, to.pending_minor, currency),
            credit(chart.MERCHANT_DEBT, merchant_id, to.debt_minor, currency),
            credit(chart.MERCHANT_AVAILABLE, merchant_id, to.available_minor, currency),
        ]
    came = debit(chart.CHANNEL_RECEIVABLE, owner, fee_minor, currency)
    if terms == ChannelFeeTerms.INVOICED:
        came = debit(chart.CHANNEL_FEE_PAYABLE, channel_account_id, fee_minor, currency)
    return [came, credit(chart.CHANNEL_COST, owner, fee_minor, currency)]
