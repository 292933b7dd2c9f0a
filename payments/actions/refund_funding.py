"""Where the money of a refund comes from, and where it goes when the refund fails. Parts only.

Every booking is made under the locks of the merchants' accounts, so that nothing matures, is
settled or is refunded meanwhile, and what was counted is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from payments import locks, pricing
from payments.actions import reserves
from payments.models import (
    BalanceTransaction,
    LineKind,
    MerchantAccount,
    Refund,
    RefundAllocation,
)
from payments.postings import refunds as postings
from payments.postings.refunds import Occasion
from payments.pricing import Funding, GivenBack, Refunded
from payments.queries import pending as pending_money
from payments.queries import refunds as queries
from payments.queries.calendar import booking_date_of
from payments.queries.pending import Pending


@dataclass(frozen=True, slots=True)
class _Funded:
    """One merchant's part of a refund, from where it is paid, and the tax in its fee."""

    part: RefundAllocation
    account: MerchantAccount
    funding: Funding
    pending_on: date | None
    tax_minor: int


def fund(refund: Refund, *, channel_account_id: str, at: datetime) -> bool:
    """Set a refund's money apart (E05a to E05d, E11c, E14c), or nothing of it. A part.

    Each merchant pays from what is pending of this payment, then from what is available, the
    reserve and the advance that its account allows. False when one of them cannot: nothing is
    written then. The refund is locked by the caller.
    """
    assert connection.in_atomic_block, "fund is a part; open a transaction around it"
    parts = parts_of(refund)
    accounts = _locked_accounts(refund, parts)
    funded = _funded(refund, parts, accounts)
    if funded is None:
        return False
    occasion = Occasion(channel_account_id, booking_date_of(at), at)
    entries = [
        postings.requested(
            one.part, funding=one.funding, tax_minor=one.tax_minor, occasion=occasion
        )
        for one in funded
    ]
    if refund.unallocated_minor:
        entries.append(postings.requested_unallocated(refund, occasion=occasion))
    entry_ids = journal.post_entries(entries)
    BalanceTransaction.objects.bulk_create(
        line
        for one, entry_id in zip(funded, entry_ids, strict=False)
        for line in _lines_of_request(one, entry_id=entry_id, occasion=occasion)
    )
    for one, entry_id in zip(funded, entry_ids, strict=False):
        if one.funding.reserve_minor:
            reserves.consume(
                one.account,
                allocation_id=one.part.allocation_id,
                amount_minor=one.funding.reserve_minor,
                entry_id=entry_id,
            )
    return True


def give_back(refund: Refund, *, channel_account_id: str, at: datetime) -> None:
    """Give the money of a failed refund back (E05g), and take the fee again. A part.

    To what is still pending of the payment, else to the debt that is outstanding, else to what is
    available: time may have passed, so it is no mirror of what the refund took.
    """
    assert connection.in_atomic_block, "give_back is a part; open a transaction around it"
    parts = parts_of(refund)
    accounts = _locked_accounts(refund, parts)
    ids = [part.pk for part in parts]
    pending = pending_money.pending_of_parts(ids, currency=refund.currency)
    debts = queries.debts_of(accounts.values())
    taxes = queries.taxes_given_back(dict.fromkeys(ids, refund.turn))
    occasion = Occasion(channel_account_id, booking_date_of(at), at)
    given = [
        pricing.give_back(
            part.amount_minor - part.fee_returned_minor,
            pending_minor=pending[part.pk].minor if part.pk in pending else 0,
            debt_minor=debts.get(part.allocation.merchant_id, 0),
        )
        for part in parts
    ]
    entries = [
        postings.failed(part, given=back, tax_minor=taxes.get(part.pk, 0), occasion=occasion)
        for part, back in zip(parts, given, strict=True)
    ]
    if refund.unallocated_minor:
        entries.append(postings.failed_unallocated(refund, occasion=occasion))
    entry_ids = journal.post_entries(entries)
    BalanceTransaction.objects.bulk_create(
        line
        for part, back, entry_id in zip(parts, given, entry_ids, strict=False)
        for line in _lines_of_failure(
            part,
            back,
            account=accounts[part.allocation.merchant_id],
            pending=pending.get(part.pk),
            entry_id=entry_id,
            occasion=occasion,
        )
    )


def parts_of(refund: Refund) -> list[RefundAllocation]:
    """Return what of a refund is whose, each with its refund."""
    parts = list(
        refund.allocations.select_related("allocation__fee_plan", "allocation").order_by("place")
    )
    for part in parts:
        part.refund = refund
    return parts


def _locked_accounts(
    refund: Refund, parts: Sequence[RefundAllocation]
) -> dict[str, MerchantAccount]:
    return locks.locked_merchant_accounts(
        [part.allocation.merchant_id for part in parts], currency=refund.currency
    )


def _funded(
    refund: Refund, parts: Sequence[RefundAllocation], accounts: dict[str, MerchantAccount]
) -> list[_Funded] | None:
    """Find the money of every part, or None when one merchant has not enough."""
    allocation_ids = [part.allocation_id for part in parts]
    pending = pending_money.pending_for(refund, allocation_ids)
    before = queries.fees_given_back(allocation_ids, capture_id=refund.capture_id)
    means = queries.means_of(
        accounts,
        {
            part.allocation.merchant_id: pending[part.allocation_id].minor
            for part in parts
            if part.allocation_id in pending
        },
    )
    funded = []
    for part in parts:
        allocation = part.allocation
        funding = pricing.fund(
            part.amount_minor - part.fee_returned_minor, means[allocation.merchant_id]
        )
        if funding is None:
            return None
        funded.append(
            _Funded(
                part,
                accounts[allocation.merchant_id],
                funding,
                pending_on=pending[part.allocation_id].available_on
                if funding.pending_minor
                else None,
                tax_minor=pricing.returned_tax(
                    part.fee_returned_minor,
                    vat_bps=allocation.fee_plan.vat_bps,
                    before=before.get(part.allocation_id, Refunded()),
                ),
            )
        )
    return funded


def _lines_of_request(
    funded: _Funded, *, entry_id: int, occasion: Occasion
) -> Iterable[BalanceTransaction]:
    """Yield the lines of a funded part: of pending and of available money, and of the reserve.

    The fee that goes back stands on the first of them.
    """
    funding, through = funded.funding, funded.account.matured_through_date
    rest_minor = funding.available_minor + funding.reserve_minor + funding.debt_minor
    nets = [] if funded.pending_on is None else [(-funding.pending_minor, funded.pending_on)]
    if rest_minor or not nets:
        nets.append((-rest_minor, through))
    if funding.reserve_minor:
        yield _line(
            funded.part,
            LineKind.RESERVE_RELEASE,
            net_minor=funding.reserve_minor,
            available_on=through,
            entry_id=entry_id,
            occasion=occasion,
        )
    for place, (net_minor, available_on) in enumerate(nets):
        yield _line(
            funded.part,
            LineKind.REFUND,
            net_minor=net_minor,
            fee_minor=0 if place else -funded.part.fee_returned_minor,
            available_on=available_on,
            entry_id=entry_id,
            occasion=occasion,
        )


def _lines_of_failure(
    part: RefundAllocation,
    given: GivenBack,
    *,
    account: MerchantAccount,
    pending: Pending | None,
    entry_id: int,
    occasion: Occasion,
) -> Iterable[BalanceTransaction]:
    """Yield the lines of a part that was given back, the pending money first."""
    rest_minor = given.debt_minor + given.available_minor
    nets = []
    if given.pending_minor and pending is not None:
        nets.append((given.pending_minor, pending.available_on))
    if rest_minor or not nets:
        nets.append((rest_minor, account.matured_through_date))
    for place, (net_minor, available_on) in enumerate(nets):
        yield _line(
            part,
            LineKind.REFUND_FAILED,
            net_minor=net_minor,
            fee_minor=0 if place else part.fee_returned_minor,
            available_on=available_on,
            entry_id=entry_id,
            occasion=occasion,
        )


def _line(
    part: RefundAllocation,
    kind: LineKind,
    *,
    net_minor: int,
    available_on: date,
    entry_id: int,
    occasion: Occasion,
    fee_minor: int = 0,
) -> BalanceTransaction:
    return BalanceTransaction(
        merchant_id=part.allocation.merchant_id,
        entry_id=entry_id,
        kind=kind,
        source=part.pk,
        currency=part.refund.currency,
        gross_minor=net_minor + fee_minor,
        fee_minor=fee_minor,
        net_minor=net_minor,
        effective_date=occasion.effective_date,
        available_on=available_on,
        created_at=occasion.at,
    )
