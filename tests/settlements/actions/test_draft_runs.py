"""Runs that draft: again, in chunks, after a crash, at the limits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import AuditEntry
from payments.models import Event
from risk.actions.limits import set_limit
from risk.models import LimitDeed, LimitSubject, LimitWindow
from settlements.actions import drafts
from settlements.models import Settlement, SettlementBatch, SettlementItem
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.payments import FeePlanFactory, paid_payment
from tests.factories.settlements import (
    MAKER,
    available_money,
    drafted_settlement,
    matured,
    settled_merchant,
)
from tests.factories.terms import put_on_plan
from tests.instants import MONDAY, NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.drafted import run

pytestmark = pytest.mark.django_db


def test_running_twice_changes_nothing():
    # Given
    available_money(settled_merchant(payout_fee_minor=100))
    first = run()

    # When
    with nothing_written():
        second = run()

    # Then
    assert second.batch == first.batch
    assert (second.drafted, second.looked_at) == (0, 1)


def test_a_merchant_is_drafted_once_a_day_even_if_more_comes_due(laws_now):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    run()
    late = paid_payment(merchant, amounts_minor=(2_000,), at=NOON)
    matured(MONDAY)

    # When
    result = run()

    # Then
    assert result.drafted == 0
    assert Settlement.objects.count() == 1
    assert not SettlementItem.objects.filter(
        balance_transaction__source=late.allocations.get().pk
    ).exists()
    assert run(business_date=MONDAY).drafted == 1
    laws_now()
    assert verify().violations == []


def test_goes_through_all_merchants_in_chunks(monkeypatch):
    # Given
    monkeypatch.setattr(drafts, "CHUNK", 2)
    merchants = [settled_merchant(payout_fee_minor=100) for _ in range(5)]
    for merchant in merchants:
        available_money(merchant)
    seen = []

    # When
    result = run(on_progress=seen.append)

    # Then
    assert result.drafted == 5
    assert seen == [2, 4, 5]
    assert set(Settlement.objects.values_list("merchant_id", flat=True)) == {
        merchant.id for merchant in merchants
    }
    assert AuditEntry.objects.filter(action="settlement.run").count() == 3


def test_goes_on_where_a_crash_left_it(monkeypatch):
    # Given: the second chunk dies.
    monkeypatch.setattr(drafts, "CHUNK", 2)
    for _ in range(3):
        available_money(settled_merchant())

    def die(looked_at: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(on_progress=die)
    assert Settlement.objects.count() == 2

    # When
    result = run()

    # Then
    assert (result.drafted, SettlementBatch.objects.count()) == (1, 1)
    assert Settlement.objects.count() == 3
    assert verify().violations == []


def test_a_run_asks_the_same_however_many_lines():
    # Given
    few, many = settled_merchant(payout_fee_minor=1), settled_merchant(payout_fee_minor=1)
    available_money(few, amounts_minor=(1_000,))
    with CaptureQueriesContext(connection) as of_few:
        run()
    available_money(many, amounts_minor=(1_000,) * 12)

    # When
    with CaptureQueriesContext(connection) as of_many:
        run()

    # Then
    assert Settlement.objects.get(merchant=many).item_count == 13
    assert len(of_many) == len(of_few)


def test_what_is_over_the_limit_of_one_settlement_goes_into_review(laws_now):
    # Given: 10,000.00 CNY is the limit.
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(1_020_409,))

    # When
    result = run()

    # Then
    settlement = Settlement.objects.get()
    assert settlement.net_minor == 1_000_001
    assert (settlement.status, settlement.status_code) == (
        "review",
        "limit.merchant.transaction",
    )
    assert (result.drafted, result.in_review) == (1, 1)
    assert_balances(merchant.id, settlement_hold="10000.01")
    laws_now()
    assert verify().violations == []


def test_exactly_the_limit_passes():
    # Given
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(1_020_408,))

    # When
    run()

    # Then
    settlement = Settlement.objects.get()
    assert (settlement.net_minor, settlement.status) == (1_000_000, "draft")


def test_what_is_over_the_merchants_day_goes_into_review():
    # Given
    merchant = settled_merchant()
    set_limit(
        deed=LimitDeed.SETTLEMENT,
        subject_kind=LimitSubject.MERCHANT,
        subject_id=merchant.id,
        window=LimitWindow.DAY,
        currency="CNY",
        value_minor=9_799,
        actor="user:8",
        at=NOON,
    )
    available_money(merchant)

    # When
    settlement = drafted_settlement(merchant)

    # Then
    assert (settlement.status, settlement.status_code) == ("review", "limit.merchant.day")


def test_tells_what_it_drafted():
    # Given
    merchant = settled_merchant()
    available_money(merchant)

    # When
    result = run()

    # Then
    settlement = Settlement.objects.get()
    event = Event.objects.get(kind="settlement.drafted")
    assert (event.subject, event.sequence) == (settlement.pk, 1)
    assert event.payload == {
        "status": "draft",
        "code": "",
        "merchant": merchant.id,
        "amount": 9_800,
        "currency": "CNY",
    }
    audit = AuditEntry.objects.get(action="settlement.run")
    assert (audit.subject, audit.actor) == (result.batch.pk, MAKER)
    assert audit.after["drafted"] == 1


def test_currencies_do_not_meet(laws_now):
    # Given
    available_money(settled_merchant())
    in_reais = settled_merchant(currency="BRL")
    available_money(in_reais, amounts_minor=(3_000,))

    # When
    result = run(currency="BRL")

    # Then
    settlement = Settlement.objects.get()
    assert (settlement.merchant_id, settlement.currency, settlement.net_minor) == (
        in_reais.id,
        "BRL",
        2_940,
    )
    assert result.looked_at == 1
    laws_now()


def test_a_payout_fee_of_another_currency_is_not_charged():
    # Given
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant)
    put_on_plan(merchant, FeePlanFactory(currency="EUR", payout_fee_minor=100))

    # When
    run()

    # Then
    assert Settlement.objects.get().net_minor == 9_800
