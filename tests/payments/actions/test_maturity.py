"""Money becomes available when its day has come: E04, once, resumably."""

from datetime import date, timedelta

import pytest
from django.db import OperationalError

from ledger import jobs
from ledger.models import AuditEntry, JournalEntry
from payments.actions import maturity
from payments.actions.calendar import fill_year
from payments.models import BalanceTransaction, MerchantAccount
from tests.books import assert_balances, assert_entry
from tests.factories.payments import FeePlanFactory, MerchantFactory, paid_payment
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db

SUNDAY = SATURDAY + timedelta(days=1)


def mature(business_date: date, *, currency: str = "CNY") -> maturity.Maturity:
    check_laws()  # what was taken was committed before it matures
    return maturity.mature(
        currency=currency, business_date=business_date, actor="task:test", at=NEXT_NOON
    )


def matured_through() -> set[date]:
    return set(MerchantAccount.objects.values_list("matured_through_date", flat=True))


def test_moves_what_is_due_from_pending_to_available(laws_now):
    # Given what was taken on Thursday, T+1
    merchant = MerchantFactory()
    paid_payment(merchant)
    paid_payment(merchant, amounts_minor=(5_000,))

    # When Friday comes
    result = mature(FRIDAY)

    # Then
    assert result == maturity.Maturity(accounts=1, amount_minor=14_700)
    assert_entry(f"{merchant.pk}:CNY:matured:2026-03-06", "Dr 2001 147.00 CNY\nCr 2002 147.00 CNY")
    assert_balances(merchant.pk, merchant_pending="0.00", merchant_available="147.00")
    assert matured_through() == {FRIDAY}
    laws_now()


def test_leaves_what_is_due_later(laws_now):
    # Given
    quick, slow = MerchantFactory(), MerchantFactory(settlement_cycle="T+2")
    paid_payment(quick, slow, amounts_minor=(10_000, 10_000))

    # When
    result = mature(FRIDAY)

    # Then both merchants' days move on, and one merchant's money
    assert result == maturity.Maturity(accounts=2, amount_minor=9_800)
    assert_balances(quick.pk, merchant_pending="0.00", merchant_available="98.00")
    assert_balances(slow.pk, merchant_pending="98.00", merchant_available="0.00")
    assert matured_through() == {FRIDAY}
    laws_now()


def test_a_day_that_brings_nothing_moves_the_date_and_writes_no_entry():
    # Given
    paid_payment()
    booked = JournalEntry.objects.count()

    # When
    result = mature(THURSDAY)

    # Then
    assert result == maturity.Maturity(accounts=1, amount_minor=0)
    assert JournalEntry.objects.count() == booked
    assert matured_through() == {THURSDAY}


def test_a_second_run_of_the_day_changes_nothing():
    # Given
    paid_payment()
    mature(FRIDAY)

    # When, Then
    with nothing_written():
        assert mature(FRIDAY) == maturity.Maturity(accounts=0, amount_minor=0)
    assert matured_through() == {FRIDAY}


def test_an_earlier_day_turns_nothing_back():
    # Given
    paid_payment()
    mature(FRIDAY)

    # When, Then
    with nothing_written():
        mature(THURSDAY)
    assert matured_through() == {FRIDAY}


@pytest.mark.parametrize("business_date", [FRIDAY, SATURDAY, SUNDAY])
def test_what_is_taken_before_a_weekend_waits_until_monday(business_date, laws_now):
    # Given what was taken on Friday noon
    merchant = MerchantFactory()
    paid_payment(merchant, at=NEXT_NOON)
    assert BalanceTransaction.objects.get().available_on == MONDAY

    # When
    assert mature(business_date).amount_minor == 0
    assert_balances(merchant.pk, merchant_available="0.00")

    # Then
    assert mature(MONDAY).amount_minor == 9_800
    assert_balances(merchant.pk, merchant_available="98.00")
    laws_now()


def test_a_holiday_is_waited_for_as_well():
    # Given the days around Qingming 2026: Saturday 4 to Monday 6 April are days off
    fill_year(2026, actor="user:1", at=NOON)
    thursday = NOON + timedelta(days=28)
    paid_payment(at=thursday)
    friday = paid_payment(at=thursday + timedelta(days=1))

    # When, Then
    days = dict(BalanceTransaction.objects.values_list("source", "available_on"))
    assert days.pop(friday.allocations.get().pk) == date(2026, 4, 7)
    assert set(days.values()) == {date(2026, 4, 3)}


def test_days_that_were_missed_are_made_up_in_one_run(laws_now):
    # Given
    merchant = MerchantFactory()
    paid_payment(merchant)
    paid_payment(merchant, at=NEXT_NOON)

    # When nobody ran on Friday, and somebody does on Monday
    result = mature(MONDAY)

    # Then
    assert result.amount_minor == 19_600
    assert_entry(f"{merchant.pk}:CNY:matured:2026-03-09", "Dr 2001 196.00 CNY\nCr 2002 196.00 CNY")
    laws_now()


def test_currencies_mature_apart():
    # Given
    merchant = MerchantFactory()
    paid_payment(merchant)
    dollars = MerchantFactory(fee_plan=FeePlanFactory(currency="USD"))
    paid_payment(dollars)

    # When
    result = mature(FRIDAY)

    # Then
    assert result.amount_minor == 9_800
    assert_balances(merchant.pk, merchant_available="98.00")
    assert_balances(dollars.pk, currency="USD", merchant_pending="98.00", merchant_available="0.00")
    assert mature(FRIDAY, currency="USD").amount_minor == 9_800


def test_writes_into_the_audit_trail_what_each_chunk_did():
    # Given
    paid_payment()

    # When
    mature(FRIDAY)

    # Then
    row = AuditEntry.objects.get(action="maturity.run")
    assert (row.subject, row.actor, row.at) == ("CNY:2026-03-06", "task:test", NEXT_NOON)
    assert row.after == {"accounts": 1, "amount": 9_800, "currency": "CNY"}


def test_goes_in_chunks_of_a_constant_number_of_statements(monkeypatch, django_assert_num_queries):
    # Given
    monkeypatch.setattr(maturity, "CHUNK", 2)
    sellers = [MerchantFactory() for _ in range(5)]
    for seller in sellers:
        paid_payment(seller)

    # When: lock, sums, the first open day (the job may run after its day was closed), one call
    # of the ledger, dates, audit, around them a savepoint's two; three chunks with money, then
    # an impatient look and a patient one that find nothing. Two more are the check of the laws.
    with django_assert_num_queries(3 * (9 + 2) + 2 * (1 + 2) + 2):
        result = mature(FRIDAY)

    # Then
    assert result == maturity.Maturity(accounts=5, amount_minor=5 * 9_800)
    assert AuditEntry.objects.filter(action="maturity.run").count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_chunks_keeps_what_was_done_and_the_next_run_goes_on(monkeypatch):
    # Given five merchants in chunks of two, and a machine that dies after the second
    monkeypatch.setattr(maturity, "CHUNK", 2)
    sellers = [MerchantFactory() for _ in range(5)]
    for seller in sellers:
        paid_payment(seller)
    sums, chunks = maturity._amounts_due, []

    def dying(*arguments, **keywords):
        chunks.append(arguments)
        if len(chunks) == 3:
            raise OperationalError("the machine died")
        return sums(*arguments, **keywords)

    monkeypatch.setattr(maturity, "_amounts_due", dying)

    # When
    with pytest.raises(OperationalError):
        mature(FRIDAY)

    # Then four have matured whole, the fifth not at all
    assert JournalEntry.objects.filter(kind="maturity").count() == 4
    assert matured_through() == {FRIDAY, THURSDAY - timedelta(days=1)}
    assert mature(FRIDAY) == maturity.Maturity(accounts=1, amount_minor=9_800)
    for seller in sellers:
        assert_balances(seller.pk, merchant_pending="0.00", merchant_available="98.00")


@pytest.mark.django_db(transaction=True)
def test_the_job_matures_every_currency_on_the_day_of_its_instant():
    # Given
    paid_payment(MerchantFactory())
    paid_payment(MerchantFactory(fee_plan=FeePlanFactory(currency="USD")))
    jobs.defer("payments.mature", at=NEXT_NOON)

    # When
    assert run_jobs() == ["payments.mature"]

    # Then
    assert matured_through() == {FRIDAY}
    assert JournalEntry.objects.filter(kind="maturity").count() == 2
