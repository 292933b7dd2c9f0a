"""Jobs: what is due is settled and exported, and doing it again changes nothing."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from settlements import tasks
from settlements.models import PaymentFile, Payout, Settlement
from tests.books import assert_balances
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    alipay_destination_of,
    approved_settlement,
    available_money,
    house,
    settled_merchant,
)
from tests.instants import MONDAY, NEXT_NOON, NOON, SATURDAY
from tests.rig.channel_terms import agree_to_terms
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY_NOON = NEXT_NOON.replace(day=SATURDAY.day)


def test_the_run_matures_what_is_due_and_drafts_it_in_every_currency():
    # Given
    in_yuan, in_reais = settled_merchant(), settled_merchant(currency="BRL")
    paid_payment(in_yuan, at=NOON)
    paid_payment(in_reais, at=NOON)

    # When
    tasks.run(at=NEXT_NOON.isoformat())

    # Then
    drafted = Settlement.objects.order_by("currency").values_list(
        "currency", "net_minor", "business_date"
    )
    assert [(currency, net) for currency, net, _ in drafted] == [("BRL", 9_800), ("CNY", 9_800)]
    assert_balances(in_yuan.id, merchant_pending="0", settlement_hold="98.00")


def test_the_run_of_a_day_may_run_twice():
    # Given
    paid_payment(settled_merchant(), at=NOON)
    tasks.run(at=NEXT_NOON.isoformat())

    # When, Then
    with nothing_written():
        tasks.run(at=NEXT_NOON.isoformat())


def test_without_merchants_the_run_does_nothing():
    with nothing_written():
        tasks.run(at=NEXT_NOON.isoformat())


def test_the_export_takes_all_that_waits_for_the_next_bank_day(monkeypatch):
    # Given: it is Saturday, and a file takes one payout.
    bank = house().bank
    monkeypatch.setattr("settlements.actions.payouts.PAYOUTS_PER_FILE", 1)
    for _ in range(2):
        merchant = settled_merchant()
        available_money(merchant)
        approved_settlement(merchant)

    # When
    tasks.export(bank_account_id=bank.pk, at=SATURDAY_NOON.isoformat())

    # Then
    assert Payout.objects.filter(status="exported").count() == 2
    assert set(PaymentFile.objects.values_list("execution_date", flat=True)) == {MONDAY}

    # When, Then
    with nothing_written():
        tasks.export(bank_account_id=bank.pk, at=SATURDAY_NOON.isoformat())


def test_the_janitor_has_a_waiting_transfer_sent_whose_job_was_lost():
    # Given
    accounts = house()
    agree_to_terms(accounts.channel, can_transfer=True)
    merchant = settled_merchant(with_destination=False)
    alipay_destination_of(merchant)
    available_money(merchant)
    settlement = approved_settlement(merchant)
    payout = Payout.objects.get(settlement=settlement)

    # When it has waited for a minute
    tasks.janitor(at=NEXT_NOON.isoformat())
    assert ProcrastinateJob.objects.filter(task_name="settlements.send_payout").count() == 1
    let_machines_wait()
    tasks.janitor(at=NEXT_NOON.isoformat())
    tasks.janitor(at=NEXT_NOON.isoformat())

    # Then one job of the janitor's waits beside that of approving
    waiting = ProcrastinateJob.objects.filter(task_name="settlements.send_payout", status="todo")
    assert [job.args["payout_id"] for job in waiting] == [payout.pk, payout.pk]
    assert [job.queueing_lock for job in waiting.order_by("id")] == [
        None,
        f"{payout.operation_id}:send",
    ]


def test_the_janitor_leaves_payouts_by_file_to_the_bank():
    # Given
    bank = house().bank
    merchant = settled_merchant()
    available_money(merchant)
    approved_settlement(merchant)
    assert bank.pk == Payout.objects.get().operation.channel_account_id

    let_machines_wait()

    # When, Then
    with nothing_written():
        tasks.janitor(at=NEXT_NOON.isoformat())
