"""Booking the movements of a bank statement that are known here, and keeping the rest open.

Auto-booking needs the reference to be ours and the amount to be equal; everything else waits for
a person, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import MAX_POSTINGS, Entry
from ledger.models import JournalEntry
from payments.models import ChannelAccount
from payments.queries.calendar import OpenDays, business_date_of
from settlements import bills, locks
from settlements.actions import payouts
from settlements.actions.payouts import PayoutOutcome, PayoutResult, Recorded
from settlements.bills.base import BankStatement, Direction
from settlements.models import Bill, BillLine, BillLineState, OpenReason, Payout
from settlements.postings import channels as channel_postings
from settlements.postings import payouts as payout_postings
from settlements.queries.receivables import days_movements, settled_subject

CHANNEL_DAY = re.compile(
    r"\bSETTLEMENT (?P<number>\S+) (?P<day>\d{4}-\d{2}-\d{2})"
    r"(?: SINCE (?P<since>\d{4}-\d{2}-\d{2}))?\b"
)
"""What a channel writes when it pays a day's money to the bank: its number of us, and the day.

Days on which refunds took everything wait for the next that has something, which then says since
when it counts.
"""

DAYS_MAX = 366
"""A line that claims to stand for more than a year is for a person to look at."""

ENTRIES_PER_CALL = MAX_POSTINGS // 3
"""E09 has three postings where the bank charges for it."""


@dataclass(slots=True)
class _Booked:
    """A line with what it is: the reason why it stays open, or the entries that it makes."""

    line: bills.base.BillLine
    reason: OpenReason | None = None
    payout: Payout | None = None
    entries: list[Entry] = field(default_factory=list)
    entry_id: int | None = None


def book_lines(
    statement: BankStatement,
    *,
    bill: Bill,
    bank_account: ChannelAccount,
    actor: str,
    at: datetime,
) -> dict[str, Any]:
    """Book a statement's movements and write all its lines; return counts for the audit. A part.

    A payout that no report has confirmed is proved by its debit: it succeeded.
    """
    assert connection.in_atomic_block, "book_lines is a part; open a transaction around it"
    importer = _Importer(statement, bill=bill, bank_account=bank_account, actor=actor, at=at)
    found = importer.recognised()
    importer.post(found)
    BillLine.objects.bulk_create([importer.row(booked) for booked in found], batch_size=1_000)
    reasons = [booked.reason for booked in found if booked.reason is not None]
    return {
        "lines": len(found),
        "matched": len(found) - len(reasons),
        "open": {reason.value: reasons.count(reason) for reason in sorted(set(reasons))},
        "left_out": statement.entries_left_out,
    }


class _Importer:
    """One statement on its way into the books; it holds the locks of all its payouts."""

    def __init__(
        self,
        statement: BankStatement,
        *,
        bill: Bill,
        bank_account: ChannelAccount,
        actor: str,
        at: datetime,
    ) -> None:
        self.statement = statement
        self.bill = bill
        self.bank_account = bank_account
        self.actor = actor
        self.at = at
        numbers = {line.end_to_end_id for line in statement.lines if line.end_to_end_id}
        self.ours = locks.locked_payouts_by_number(numbers, bank_account_id=bank_account.pk)
        self.open_days = OpenDays()
        self.confirmed: set[str] = set()
        self.settled: set[str] = set()
        self.sources: set[str] = set()

    def recognised(self) -> list[_Booked]:
        """Say of every line what it is, in the bank's order."""
        return [self._recognise(line) for line in self.statement.lines]

    def _recognise(self, line: bills.base.BillLine) -> _Booked:
        payout = self.ours.get(line.end_to_end_id)
        if payout is not None:
            booked = _Booked(line=line, payout=payout)
            if line.direction is Direction.DEBIT:
                booked.reason = self._confirm(booked, payout)
            else:
                booked.reason = OpenReason.PAYOUT_RETURNED
            return booked
        booked = _Booked(line=line)
        booked.reason = self._settle_channel_day(booked)
        return booked

    def _confirm(self, booked: _Booked, payout: Payout) -> OpenReason | None:
        """Prove a payout by its debit: E09. Returns why not, if it cannot be."""
        line = booked.line
        if (line.amount_minor, line.currency) != (payout.amount_minor, payout.currency):
            return OpenReason.AMOUNT_DIFFERS
        if payout.confirmed_entry_id is not None or payout.pk in self.confirmed:
            return OpenReason.ALREADY_CONFIRMED
        outcome = PayoutOutcome(result=PayoutResult.SUCCEEDED, bank_reference=line.bank_reference)
        recorded = payouts.record_payout_outcome(payout, outcome, actor=self.actor, at=self.at)
        if recorded == Recorded.CONTRADICTS:
            return OpenReason.CONTRADICTS
        if recorded == Recorded.NOT_SENT:
            return OpenReason.NOT_SENT
        self.confirmed.add(payout.pk)
        booked.entries = [
            payout_postings.confirmed(
                payout.pk,
                bank_account_id=self.bank_account.pk,
                amount_minor=payout.amount_minor,
                charge_minor=0,
                currency=payout.currency,
                effective_date=self._day_of(line),
                at=self.at,
            )
        ]
        return None

    def _settle_channel_day(self, booked: _Booked) -> OpenReason | None:
        """Book a channel's money of its days: E13a, each day by itself. Returns why not, if not."""
        line = booked.line
        named = CHANNEL_DAY.search(line.remittance_text)
        if named is None or line.direction is not Direction.CREDIT or line.is_reversal:
            return OpenReason.UNKNOWN
        days = _days(named["since"] or named["day"], named["day"])
        channel = self._channel(named["number"])
        if not days or channel is None:
            return OpenReason.OTHER_CHANNEL
        subjects = {settled_subject(channel.pk, day) for day in days}
        if subjects & self.settled or _are_settled(subjects):
            return OpenReason.DAY_SETTLED
        source = self._source(line)
        if JournalEntry.objects.filter(source__startswith=f"{source}:").exists():
            return OpenReason.ALREADY_BOOKED
        movements = _movements_of(line, channel, days)
        if not movements:
            return OpenReason.DAY_DIFFERS
        self.settled |= subjects
        self.sources.add(source)
        for day, owners in movements.items():
            booked.entries += channel_postings.channel_settled(
                source=source if len(movements) == 1 else f"{source}:{day}",
                subject=settled_subject(channel.pk, day),
                bank_account_id=self.bank_account.pk,
                movements=owners,
                currency=line.currency,
                effective_date=self._day_of(line),
                at=self.at,
            )
        return None

    def _channel(self, merchant_no: str) -> ChannelAccount | None:
        """Return the one channel account of this number that settles here, if it is the one."""
        found = ChannelAccount.objects.filter(
            settles_to=self.bank_account,
            merchant_no=merchant_no,
            currency=self.bank_account.currency,
        )[:2]
        return found[0] if len(found) == 1 else None

    def _source(self, line: bills.base.BillLine) -> str:
        """Name the entries of a line by the bank's reference, where it has one of its own."""
        source = f"bank:{self.bank_account.pk}:{line.bank_reference}"
        if line.bank_reference and source not in self.sources:
            return source
        return f"bank:{self.bill.pk}/{line.line_no}"

    def _day_of(self, line: bills.base.BillLine) -> date:
        """Give the bank's own day of a line, else the statement's last, else today's.

        When the books of that day are closed it is the first open one; the line keeps the bank's.
        """
        day = line.booking_date or self.statement.to_date or business_date_of(self.at)
        return self.open_days(day)

    def post(self, found: Sequence[_Booked]) -> None:
        """Book all entries, in calls of as many as the ledger takes."""
        singles = [booked for booked in found if len(booked.entries) == 1 and booked.payout]
        for start in range(0, len(singles), ENTRIES_PER_CALL):
            chunk = singles[start : start + ENTRIES_PER_CALL]
            entry_ids = journal.post_entries([booked.entries[0] for booked in chunk])
            for booked, entry_id in zip(chunk, entry_ids, strict=True):
                booked.entry_id = entry_id
        for booked in found:
            if booked.entries and booked.payout is None:
                entry_ids = [journal.post_entry(entry) for entry in booked.entries]
                booked.entry_id = entry_ids[0]
        confirmed = [booked.payout for booked in singles if booked.payout is not None]
        for booked in singles:
            assert booked.payout is not None, "singles are payouts"
            booked.payout.confirmed_entry_id = booked.entry_id
        Payout.objects.bulk_update(confirmed, ["confirmed_entry"], batch_size=1_000)

    def row(self, booked: _Booked) -> BillLine:
        """Make the row of a line; a line of several entries points at the first of them."""
        line = booked.line
        return BillLine(
            bill=self.bill,
            line_no=line.line_no,
            direction=line.direction.value,
            amount_minor=line.amount_minor,
            currency=line.currency,
            booking_date=line.booking_date,
            bank_reference=line.bank_reference,
            end_to_end_id=line.end_to_end_id,
            text=" ".join(filter(None, (line.remittance_text, line.reason_code)))[:300],
            state=BillLineState.OPEN if booked.reason else BillLineState.MATCHED,
            reason=booked.reason or "",
            payout=booked.payout,
            entry_id=booked.entry_id,
        )


def _movements_of(
    line: bills.base.BillLine, channel: ChannelAccount, days: Sequence[date]
) -> dict[date, dict[str, int]]:
    """Return what a channel's days came to, by day and owner, if that is what a line says.

    First without what the channel owed when the books began, then with it: only the one whose sum
    is the line's to the minor unit is taken.
    """
    for is_opened_counted in (False, True):
        movements = days_movements(
            channel.pk,
            currency=line.currency,
            from_day=days[0],
            through_day=days[-1],
            is_opened_counted=is_opened_counted,
        )
        if movements and sum(sum(by.values()) for by in movements.values()) == line.amount_minor:
            return movements
    return {}


def _days(first: str, last: str) -> list[date]:
    """Return the days from the first through the last, or none if that is no span of days."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return []
    count = (end - start).days + 1
    if not 0 < count <= DAYS_MAX:
        return []
    return [start + timedelta(days=number) for number in range(count)]


def _are_settled(subjects: set[str]) -> bool:
    """Tell whether one of a channel's days is in the books as credited, and was not reversed."""
    return JournalEntry.objects.filter(
        kind="channel_settled", subject__in=subjects, reversed_by=None
    ).exists()
