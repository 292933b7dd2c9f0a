"""Keeping back what payments bring (E11a), and giving it back when its day has come (E11b).

Refunds take of it under the lock of the merchant's account, and so does the release: what was
counted is there. PostgreSQL keeps what is left of each hold; see `payments.models.reserves`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from ledger.money import share
from payments.models import (
    BalanceTransaction,
    CaptureShare,
    LineKind,
    MerchantAccount,
    PaymentAllocation,
    ReserveHold,
    ReserveUse,
    ReserveUseKind,
)
from payments.postings import reserves as postings


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept back of one merchant's share of a payment, and until which day."""

    allocation: PaymentAllocation
    account: MerchantAccount
    amount_minor: int
    release_on: date
    share: CaptureShare | None = None


def kept_of(
    taken: Iterable[tuple[PaymentAllocation, CaptureShare | None]],
    accounts: Mapping[str, MerchantAccount],
    *,
    paid_on: date,
) -> list[Kept]:
    """Return what is kept back of what was taken of a payment, by its merchants' terms.

    `taken` are allocations, each with its share of a capture where the payment was authorised.

    A share of the net, rounded half up once, for calendar days after the business day of payment.
    Merchants without a reserve are left out.
    """
    kept = []
    for allocation, share_of_capture in taken:
        account = accounts[allocation.merchant_id]
        whole = share_of_capture or allocation
        net_minor = whole.amount_minor - whole.fee_minor
        amount_minor = share(net_minor, bps=account.reserve_bps)
        if amount_minor:
            release_on = paid_on + timedelta(days=account.reserve_days)
            kept.append(Kept(allocation, account, amount_minor, release_on, share_of_capture))
    return kept


def entries_of(kept: Iterable[Kept], *, day: date, at: datetime) -> list[Entry]:
    """Return how it is booked, on the day of the payment itself and beside it (E11a)."""
    return [
        postings.held_at_capture(
            one.allocation,
            share=one.share,
            amount_minor=one.amount_minor,
            currency=one.account.currency,
            effective_date=day,
            at=at,
        )
        for one in kept
    ]


def line_of(
    one: Kept, *, entry_id: int, available_on: date, day: date, at: datetime
) -> BalanceTransaction:
    """Return its line, pending like the payment's own: it matures less what is kept back."""
    return BalanceTransaction(
        merchant_id=one.account.merchant_id,
        entry_id=entry_id,
        kind=LineKind.RESERVE_HOLD,
        source=one.allocation.pk,
        currency=one.account.currency,
        gross_minor=-one.amount_minor,
        fee_minor=0,
        net_minor=-one.amount_minor,
        effective_date=day,
        available_on=available_on,
        created_at=at,
    )


def write_holds(kept: Sequence[Kept], entry_ids: Sequence[int], *, at: datetime) -> None:
    """Write who holds what of which payment; nothing where nothing is kept. A part."""
    assert connection.in_atomic_block, "write_holds is a part; open a transaction around it"
    if kept:
        ReserveHold.objects.bulk_create(
            ReserveHold(
                merchant_account=one.account,
                allocation=one.allocation,
                capture_share=one.share,
                entry_id=entry_id,
                amount_minor=one.amount_minor,
                left_minor=one.amount_minor,
                release_on=one.release_on,
                created_at=at,
            )
            for one, entry_id in zip(kept, entry_ids, strict=True)
        )


def release_due(
    accounts: Collection[MerchantAccount],
    *,
    business_date: date,
    effective_date: date,
    at: datetime,
) -> int:
    """Give back what was reserved until `business_date` or before (E11b). A part.

    One entry and one line per merchant and day, however many payments it was of: a line for each
    would double the lines of a merchant, while nobody settles or asks about them one by one. The
    uses say what came of which payment. The accounts are locked by the caller, who moves their
    dates on in the same transaction. Returns what went back, in minor units.
    """
    assert connection.in_atomic_block, "release_due is a part; open a transaction around it"
    due = _due([account.pk for account in accounts], business_date=business_date)
    by_id = {account.pk: account for account in accounts}
    releasing = [by_id[pk] for pk in sorted(due)]
    entry_ids = journal.post_entries(
        [
            postings.released_when_due(
                account,
                amount_minor=due[account.pk],
                business_date=business_date,
                effective_date=effective_date,
                at=at,
            )
            for account in releasing
        ]
    )
    BalanceTransaction.objects.bulk_create(
        BalanceTransaction(
            merchant_id=account.merchant_id,
            entry_id=entry_id,
            kind=LineKind.RESERVE_RELEASE,
            source=account.merchant_id,
            currency=account.currency,
            gross_minor=due[account.pk],
            fee_minor=0,
            net_minor=due[account.pk],
            effective_date=effective_date,
            available_on=business_date,
            created_at=at,
        )
        for account, entry_id in zip(releasing, entry_ids, strict=True)
    )
    if releasing:
        _use_due([account.pk for account in releasing], entry_ids, business_date=business_date)
    return sum(due.values())


def consume(
    account: MerchantAccount, *, allocation_id: str, amount_minor: int, entry_id: int
) -> None:
    """Take what a refund draws on the reserve of its holds (E11c). A part.

    Of what was kept of this very payment first, then of the oldest. The account is locked by the
    caller.
    """
    assert connection.in_atomic_block, "consume is a part; open a transaction around it"
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_reserveuse (hold_id, entry_id, kind, amount_minor)
               SELECT id, %(entry)s, 'consumed', least(left_minor, %(need)s - before)
               FROM (
                 SELECT id, left_minor, sum(left_minor) OVER (
                   ORDER BY allocation_id IS NOT DISTINCT FROM %(allocation)s DESC,
                            created_at, id) - left_minor AS before
                 FROM payments_reservehold
                 WHERE merchant_account_id = %(account)s AND left_minor > 0) held
               WHERE before < %(need)s
               RETURNING amount_minor""",
            {
                "entry": entry_id,
                "need": amount_minor,
                "allocation": allocation_id,
                "account": account.pk,
            },
        )
        taken_minor = sum(minor for (minor,) in cursor.fetchall())
    assert taken_minor == amount_minor, "what stands on 2005 is held by somebody"


def release_by_hand(hold_id: str, *, amount_minor: int, entry_id: int) -> None:
    """Lower a hold by what two people gave back of it. A part; the account is locked."""
    assert connection.in_atomic_block, "release_by_hand is a part; open a transaction around it"
    ReserveUse.objects.create(
        hold_id=hold_id,
        entry_id=entry_id,
        kind=ReserveUseKind.RELEASED,
        amount_minor=amount_minor,
    )


def _due(account_ids: list[int], *, business_date: date) -> dict[int, int]:
    """Sum what comes due, per merchant account, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT merchant_account_id, sum(left_minor)::bigint
               FROM payments_reservehold
               WHERE merchant_account_id = ANY(%s) AND left_minor > 0 AND release_on <= %s
               GROUP BY merchant_account_id""",
            [account_ids, business_date],
        )
        return dict(cursor.fetchall())


def _use_due(account_ids: list[int], entry_ids: list[int], *, business_date: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_reserveuse (hold_id, entry_id, kind, amount_minor)
               SELECT h.id, e.entry_id, 'released', h.left_minor
               FROM unnest(%s::bigint[], %s::bigint[]) AS e (account_id, entry_id)
               JOIN payments_reservehold h ON h.merchant_account_id = e.account_id
                AND h.left_minor > 0 AND h.release_on <= %s""",
            [account_ids, entry_ids, business_date],
        )
