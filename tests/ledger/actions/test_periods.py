"""Closing days and months, and reopening them by two people."""

from datetime import UTC, date, datetime

import pytest

from ledger.actions import periods
from ledger.errors import (
    ApprovalClosedError,
    PeriodNotOverError,
    PeriodOrderError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import AuditEntry, DailyBalance, Period, PeriodEvent
from ledger.queries.integrity import verify_laws
from ledger.queries.laws_of_periods import LAWS_OF_PERIODS
from ledger.queries.periods import closed_through, next_day_to_close, next_month_to_close
from tests.factories.books import (
    LIN,
    WANG,
    booked,
    closed,
    morning_after,
    reopened,
    reopening_asked,
)
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, SATURDAY, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db
MONTH_END = date(2026, 3, 31)


def balances() -> list[tuple[str, str, int, int, int]]:
    """Return all daily balances, as number, day, debits, credits and through which posting."""
    return [
        (row.account.code, row.effective_date.isoformat()[8:], *rest)
        for row in DailyBalance.objects.select_related("account").order_by(
            "effective_date", "account__code"
        )
        for rest in [(row.debits_minor, row.credits_minor, row.contained_seq)]
    ]


class TestClosing:
    def test_a_day_is_closed_with_what_it_came_to(self):
        # Given two entries of Thursday, and one of Friday between them
        booked("pay:1", THURSDAY, 100)
        booked("pay:2", FRIDAY, 40)
        booked("pay:3", THURSDAY, 7)

        # When
        period = closed(THURSDAY)

        # Then
        assert (period.kind, period.state, period.version) == ("day", "closed", 1)
        assert (period.closed_by, period.closed_at) == ("user:1", morning_after(THURSDAY))
        event = PeriodEvent.objects.get()
        assert (event.period, event.deed, event.actor) == (period, "closed", "user:1")
        assert event.totals == [
            {"currency": "CNY", "debits_minor": 107, "credits_minor": 107, "entries": 2}
        ]
        assert closed_through() == THURSDAY
        assert balances() == [("1001", "05", 107, 0, 1), ("1101", "05", 0, 107, 1)]
        audit = AuditEntry.objects.get(action="period.closed")
        assert (audit.subject, audit.actor, audit.reason) == (
            period.pk,
            "user:1",
            "the day is over",
        )
        assert verify_laws(LAWS_OF_PERIODS).violations == []

    def test_balances_are_of_all_days_and_sparse(self):
        booked("pay:1", THURSDAY, 100)
        booked("pay:2", FRIDAY, 50, owner_id="mer_b")
        booked("pay:3", SATURDAY, 5)

        for day in (THURSDAY, FRIDAY, SATURDAY):
            closed(day)

        assert balances() == [
            ("1001", "05", 100, 0, 1),
            ("1101", "05", 0, 100, 1),
            ("1001", "06", 50, 0, 1),
            ("1101", "06", 0, 50, 1),
            ("1001", "07", 105, 0, 2),
            ("1101", "07", 0, 105, 2),
        ]
        assert verify_laws(LAWS_OF_PERIODS).violations == []

    def test_a_day_without_entries_is_closed_as_well(self):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)

        closed(FRIDAY)

        assert PeriodEvent.objects.last().totals == []
        assert next_day_to_close() == SATURDAY

    def test_a_day_that_is_not_over_stays_open(self):
        booked("pay:1", THURSDAY)

        with nothing_written(), pytest.raises(PeriodNotOverError, match="2026-03-05"):
            periods.close_day(THURSDAY, decider=LIN, at=BEFORE_MIDNIGHT, reason="early")

        periods.close_day(THURSDAY, decider=LIN, at=AFTER_MIDNIGHT, reason="over")
        assert closed_through() == THURSDAY

    @pytest.mark.parametrize("day", [FRIDAY, date(2026, 3, 4)])
    def test_the_first_day_is_the_one_of_the_first_entry(self, day):
        booked("pay:1", THURSDAY)

        with nothing_written(), pytest.raises(PeriodOrderError, match="Next is 2026-03-05"):
            closed(day)

    @pytest.mark.parametrize("day", [THURSDAY, SATURDAY])
    def test_days_are_closed_in_order_and_once(self, day):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)

        with nothing_written(), pytest.raises(PeriodOrderError, match="Next is 2026-03-06"):
            closed(day)

    def test_empty_books_have_nothing_to_close(self):
        with nothing_written(), pytest.raises(PeriodOrderError):
            closed(THURSDAY)


class TestMonth:
    def _close_through(self, last: date, first_day: int = 30) -> None:
        for number in range(first_day, last.day + 1):
            closed(date(2026, 3, number))

    def test_a_month_is_closed_after_its_days(self):
        # Given business that began on the 30th
        booked("pay:1", date(2026, 3, 30), 100)
        booked("pay:2", MONTH_END, 11)
        self._close_through(MONTH_END)

        # When
        month = periods.close_month(
            date(2026, 3, 1), decider=LIN, at=morning_after(MONTH_END), reason="month end"
        )

        # Then
        assert (month.kind, month.ends_on, month.state) == ("month", MONTH_END, "closed")
        assert month.events.get().totals == [
            {"currency": "CNY", "debits_minor": 111, "credits_minor": 111, "entries": 2}
        ]
        assert next_month_to_close() is None
        assert verify_laws(LAWS_OF_PERIODS).violations == []

    def test_not_before_its_last_day_is_closed(self):
        booked("pay:1", date(2026, 3, 30))
        closed(date(2026, 3, 30))

        with nothing_written(), pytest.raises(PeriodOrderError, match="Next is 2026-03-31"):
            periods.close_month(
                date(2026, 3, 1), decider=LIN, at=morning_after(MONTH_END), reason="x"
            )

    def test_not_before_it_is_over(self):
        with nothing_written(), pytest.raises(PeriodNotOverError, match="2026-03"):
            periods.close_month(
                date(2026, 3, 1),
                decider=LIN,
                at=datetime(2026, 3, 31, 15, tzinfo=UTC),
                reason="x",
            )

    def test_reopening_a_day_reopens_its_month(self):
        booked("pay:1", date(2026, 3, 30))
        self._close_through(MONTH_END)
        periods.close_month(date(2026, 3, 1), decider=LIN, at=morning_after(MONTH_END), reason="x")

        periods_ = reopened(MONTH_END)

        assert [(one.kind, one.state) for one in periods_] == [("month", "open"), ("day", "open")]
        assert next_month_to_close() is None
        assert closed_through() == date(2026, 3, 30)


class TestReopening:
    def test_two_people_reopen_the_latest_days(self):
        # Given three closed days
        for number, day in enumerate((THURSDAY, FRIDAY, SATURDAY)):
            booked(f"pay:{number}", day)
        for day in (THURSDAY, FRIDAY, SATURDAY):
            closed(day)

        # When
        days = reopened(FRIDAY)

        # Then
        assert [str(one) for one in days] == ["2026-03-06", "2026-03-07"]
        assert {(one.state, one.version) for one in days} == {("open", 2)}
        assert closed_through() == THURSDAY
        assert {row[1] for row in balances()} == {"05"}
        assert booked("late", FRIDAY)
        assert verify_laws(LAWS_OF_PERIODS).violations == []

    def test_closed_again_the_balances_are_made_again(self):
        booked("pay:1", THURSDAY, 100)
        closed(THURSDAY)
        reopened(THURSDAY)
        booked("late", THURSDAY, 1)

        again = closed(THURSDAY)

        assert again.version == 3
        assert [event.deed for event in again.events.all()] == ["closed", "reopened", "closed"]
        assert [event.totals[0]["debits_minor"] for event in again.events.all()] == [100, 100, 101]
        assert balances() == [("1001", "05", 101, 0, 2), ("1101", "05", 0, 101, 2)]

    def test_what_lies_before_the_first_closed_day_stays_closed(self):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)
        reopened(THURSDAY)

        assert closed_through() == date(2026, 3, 4)
        assert next_day_to_close() == THURSDAY

    def test_nobody_agrees_with_themselves(self):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)
        request = reopening_asked(THURSDAY)

        with nothing_written(), pytest.raises(SelfApprovalError):
            periods.decide_reopening(
                THURSDAY,
                is_approved=True,
                shown_digest=bytes(request.digest),
                decider=LIN,
                at=morning_after(THURSDAY),
            )

    def test_a_no_leaves_the_day_closed(self):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)
        request = reopening_asked(THURSDAY)

        done = periods.decide_reopening(
            THURSDAY,
            is_approved=False,
            shown_digest=bytes(request.digest),
            decider=WANG,
            at=morning_after(THURSDAY),
            reason="not needed",
        )

        assert done == []
        assert Period.objects.get().state == "closed"

    def test_what_was_shown_is_what_is_reopened(self):
        # Given a request to reopen Thursday, and Friday closed since
        booked("pay:1", THURSDAY)
        closed(THURSDAY)
        request = reopening_asked(THURSDAY)
        closed(FRIDAY)

        # When, Then
        with pytest.raises(StaleApprovalError):
            periods.decide_reopening(
                THURSDAY,
                is_approved=True,
                shown_digest=bytes(request.digest),
                decider=WANG,
                at=morning_after(FRIDAY),
            )

    def test_an_open_day_cannot_be_reopened(self):
        booked("pay:1", THURSDAY)

        with nothing_written(), pytest.raises(PeriodOrderError):
            reopening_asked(THURSDAY)

    def test_asked_once(self):
        booked("pay:1", THURSDAY)
        closed(THURSDAY)
        reopening_asked(THURSDAY)

        with nothing_written(), pytest.raises(ApprovalClosedError):
            reopening_asked(THURSDAY)
