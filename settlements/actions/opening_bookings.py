"""Booking opening balances that two people agreed to: in chunks, each its own transaction (E19)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from django.db import transaction

from ledger import chart, jobs
from ledger.actions import journal
from ledger.actions.audit import record_audit
from payments import calendar
from payments import locks as payments_locks
from payments.actions.events import record_event
from payments.actions.merchants import open_accounts
from payments.models import BalanceTransaction, LineKind, Merchant, MerchantAccount, ReserveHold
from payments.queries.calendar import BusinessDays
from settlements import locks
from settlements.models import Opening, OpeningRow
from settlements.postings import openings as postings
from settlements.postings.openings import OpeningBalance
from settlements.queries.opening_owners import OF_MERCHANTS
from settlements.states import OPENING, OpeningStatus

ENTRIES_OF_A_CHUNK: Final = 150
"""An owner has at most four accounts that open, and 3101: below the ledger's limit of a call."""


def book_opening(opening_id: str, *, actor: str, at: datetime) -> Opening:
    """Book an approved opening as of its day, one entry per owner and currency, against 3101.

    In chunks, each its own transaction: after a crash it goes on where it was, and doing it again
    changes nothing. An opening that is not approved, or is booked, stays as it is.

    Raises OpeningNotFoundError, or what the ledger refuses (a closed day): the chunks before stay.
    """
    while _book_chunk(opening_id, actor=actor, at=at):
        pass
    return Opening.objects.get(pk=opening_id)


def defer_unfinished(*, at: datetime) -> None:
    """Have openings booked further that were approved and are not booked to their end."""
    unfinished = Opening.objects.filter(status=OpeningStatus.APPROVED)
    for opening_id in unfinished.values_list("pk", flat=True):
        jobs.defer(
            "settlements.book_opening",
            at=at,
            queueing_lock=f"settlements.book_opening:{opening_id}",
            opening_id=opening_id,
        )


@transaction.atomic(durable=True)
def _book_chunk(opening_id: str, *, actor: str, at: datetime) -> bool:
    """Book the next entries, and tell whether there may be more."""
    opening = locks.locked_opening(opening_id)
    if opening.status != OpeningStatus.APPROVED:
        return False
    start = opening.entries_booked
    rows = list(
        opening.rows.filter(entry_no__gt=start, entry_no__lte=start + ENTRIES_OF_A_CHUNK).order_by(
            "place"
        )
    )
    _book(opening, rows, at=at)
    opening.entries_booked = rows[-1].entry_no
    if opening.entries_booked == opening.entry_count:
        OPENING.require_move(opening.status, OpeningStatus.BOOKED)
        opening.status = OpeningStatus.BOOKED
        opening.booked_at = at
        facts = {"entries": opening.entry_count, "opening_date": opening.opening_date.isoformat()}
        record_event(kind="opening.booked", subject=opening.pk, at=at, payload=facts)
        record_audit(action="opening.booked", subject=opening.pk, actor=actor, at=at, after=facts)
    opening.save(update_fields=["status", "entries_booked", "booked_at"])
    return True


def _book(opening: Opening, rows: Sequence[OpeningRow], *, at: datetime) -> None:
    """Post the entries of some rows, and write what goes with merchants' money."""
    accounts = _accounts(opening, rows)
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.entry_no)]
    entry_ids = journal.post_entries(
        [
            postings.opened(
                group[0].owner_id,
                [OpeningBalance(row.code, row.side, row.amount_minor) for row in group],
                opening_id=opening.pk,
                currency=group[0].currency,
                effective_date=opening.opening_date,
                at=at,
            )
            for group in groups
        ]
    )
    beside = _Beside(opening, accounts, at=at)
    for group, entry_id in zip(groups, entry_ids, strict=True):
        beside.take(group, entry_id=entry_id)
    beside.write()


class _Beside:
    """What goes with merchants' money in the books: their lines, and the holds of reserves."""

    def __init__(
        self,
        opening: Opening,
        accounts: Mapping[tuple[str, str], MerchantAccount],
        *,
        at: datetime,
    ) -> None:
        """Read the merchants' cycles and the calendar once."""
        self._opening, self._accounts, self._at = opening, accounts, at
        self._is_business_day = BusinessDays(from_date=opening.opening_date)
        merchants = Merchant.objects.filter(pk__in={owner for owner, _ in accounts})
        self._cycles = dict(merchants.values_list("pk", "settlement_cycle"))
        self._lines: list[BalanceTransaction] = []
        self._reserves: list[ReserveHold] = []

    def take(self, group: Sequence[OpeningRow], *, entry_id: int) -> None:
        """Note what goes with one entry; accounts of others than merchants have nothing beside."""
        account = self._accounts.get((group[0].owner_id, group[0].currency))
        if account is None:
            return
        minors = {row.code: row.amount_minor for row in group}
        through = account.matured_through_date
        available_minor = minors.get(chart.MERCHANT_AVAILABLE, 0)
        available_minor -= minors.get(chart.MERCHANT_DEBT, 0)
        if pending_minor := minors.get(chart.MERCHANT_PENDING, 0):
            cycle = self._cycles[account.merchant_id]
            planned = calendar.available_on(
                self._opening.opening_date, cycle, self._is_business_day
            )
            day = max(planned, through + timedelta(days=1))
            self._line(account, pending_minor, available_on=day, entry_id=entry_id)
        if available_minor:
            self._line(account, available_minor, available_on=through, entry_id=entry_id)
        if reserve_minor := minors.get(chart.RESERVE, 0):
            self._reserves.append(
                ReserveHold(
                    merchant_account=account,
                    entry_id=entry_id,
                    amount_minor=reserve_minor,
                    left_minor=reserve_minor,
                    created_at=self._at,
                )
            )

    def write(self) -> None:
        """Write all of it, in the transaction of the entries."""
        BalanceTransaction.objects.bulk_create(self._lines)
        ReserveHold.objects.bulk_create(self._reserves)

    def _line(
        self, account: MerchantAccount, net_minor: int, *, available_on: date, entry_id: int
    ) -> None:
        self._lines.append(
            BalanceTransaction(
                merchant_id=account.merchant_id,
                entry_id=entry_id,
                kind=LineKind.OPENING,
                source=self._opening.pk,
                currency=account.currency,
                gross_minor=net_minor,
                fee_minor=0,
                net_minor=net_minor,
                effective_date=self._opening.opening_date,
                available_on=available_on,
                created_at=self._at,
            )
        )


def _accounts(
    opening: Opening, rows: Sequence[OpeningRow]
) -> dict[tuple[str, str], MerchantAccount]:
    """Open what merchants have none of yet, and return their accounts, locked."""
    owners: dict[str, set[str]] = {}
    for row in rows:
        if row.code in OF_MERCHANTS:
            owners.setdefault(row.currency, set()).add(row.owner_id)
    accounts: dict[tuple[str, str], MerchantAccount] = {}
    for currency, merchant_ids in sorted(owners.items()):
        open_accounts(merchant_ids, currency=currency, business_date=opening.opening_date)
        locked = payments_locks.locked_merchant_accounts(merchant_ids, currency=currency)
        accounts.update({(merchant_id, currency): one for merchant_id, one in locked.items()})
    return accounts
