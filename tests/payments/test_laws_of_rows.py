"""What PostgreSQL refuses of payments' rows: forbidden moves, changed facts, deletions."""

from collections import deque
from datetime import timedelta

import pytest
from django.db import models

from ledger.identifiers import new_id
from ledger.states import StateTable
from payments import states
from payments.models import (
    BalanceTransaction,
    ChannelAccount,
    ChannelOperation,
    Event,
    FeePlan,
    Merchant,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.instants import NOON
from tests.rig.attacks import check_laws, every_way, refused, run_sql
from tests.rig.tampering import without_triggers

REFUSED = {
    "application": "permission denied for table",
    "owner": "is refused: its rows are written once",
}

WRITTEN_ONCE = {
    PaymentAllocation: {"amount_minor": 1},
    BalanceTransaction: {"net_minor": 1},
    Event: {"kind": "payment.paid"},
    FeePlan: {"fee_bps": 0},
}
NEVER_DELETED = (
    Payment,
    PaymentAttempt,
    ChannelOperation,
    Merchant,
    MerchantAccount,
    ChannelAccount,
)


def name_of(model: type[models.Model]) -> str:
    return model.__name__


def contents(model: type[models.Model]) -> list[tuple]:
    table = model._meta.db_table
    return run_sql(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")  # noqa: S608


# --- moves --------------------------------------------------------------------------------------


def new_operation(**other: object) -> ChannelOperation:
    return ChannelOperation(
        **{
            "kind": "pay",
            "channel_account": AlipayAccountFactory(),
            "channel_no": new_id("att").upper(),
            "subject": "att_1",
            "amount_minor": 100,
            "currency": "CNY",
            "created_at": NOON,
            **other,
        }
    )


def new_attempt(**other: object) -> PaymentAttempt:
    operation = new_operation()
    operation.save()
    return PaymentAttempt(
        **{
            "payment": owed_payment(),
            "channel_account": operation.channel_account,
            "operation": operation,
            "method": "alipay_qr",
            "created_at": NOON,
            **other,
        }
    )


def new_payment(**other: object) -> Payment:
    return Payment(
        **{
            "merchant_order_no": new_id("order"),
            "amount_minor": 100,
            "currency": "CNY",
            "description": "Goods",
            "created_at": NOON,
            "expires_at": NOON + timedelta(hours=2),
            **other,
        }
    )


NOUNS = {
    "payment": (states.PAYMENT, new_payment, "created"),
    "operation": (states.OPERATION, new_operation, "prepared"),
    "attempt": (states.ATTEMPT, new_attempt, "prepared"),
}
every_noun = pytest.mark.parametrize(("table", "new", "start"), NOUNS.values(), ids=NOUNS)


def path_to(table: StateTable, *, start: str, goal: str) -> list[str]:
    """Return a shortest way through the table from its start to a state."""
    ways = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for state in sorted(table.moves[way[-1]] - seen):
            seen.add(state)
            ways.append([*way, state])
    raise AssertionError(f"nothing leads to {goal}")


@every_noun
class TestMoves:
    """Every state of every noun, by the moves of `payments/states.py` and by no other."""

    @pytest.fixture(autouse=True)
    def only_the_table_speaks(self, django_db_setup, django_db_blocker):
        """Let the moves alone be asked; what an authorised payment needs is asked elsewhere."""
        with (
            django_db_blocker.unblock(),
            without_triggers(("payments_payment", "payments_payment_as_captured")),
        ):
            yield

    def test_begins_in_its_first_state(self, either_role, table, new, start):
        for state in table.states.values:
            if state != start:
                with refused(f"begins as {start}"):
                    new(status=state).save()

    def test_moves_as_listed_and_in_no_other_way(self, either_role, table, new, start):
        # Given
        for state in table.states.values:
            row = new()
            row.save()
            for step in path_to(table, start=start, goal=state):
                type(row).objects.filter(pk=row.pk).update(status=step)

            # When, Then
            for other in table.states.values:
                if other != state and not table.allows(state, other):
                    with refused(f"may not move from {state} to {other}"):
                        type(row).objects.filter(pk=row.pk).update(status=other)
            assert type(row).objects.get(pk=row.pk).status == state

    def test_ends_where_the_table_ends(self, either_role, table, new, start):
        # Given
        end = min(table.terminal)
        row = new()
        row.save()
        for step in path_to(table, start=start, goal=end):
            type(row).objects.filter(pk=row.pk).update(status=step)

        # When, Then
        for state in set(table.states.values) - {end}:
            with refused(f"may not move from {end}"):
                run_sql(
                    f"UPDATE {row._meta.db_table} SET status = %s WHERE id = %s",  # noqa: S608
                    state,
                    row.pk,
                )

    @every_way
    def test_begins_so_whatever_the_way(self, either_role, write, table, new, start):
        with refused(f"begins as {start}"):
            write([new(status=min(table.terminal))])


def test_a_payment_has_one_live_attempt(either_role):
    # Given
    first = attempted_payment(owed_payment(), channel=AlipayAccountFactory())

    # When, Then
    with refused("payments_attempt_one_live"):
        new_attempt(payment=first.payment).save()


# --- facts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "column", "lie"),
    [
        *(
            (Payment, column, lie)
            for column, lie in {
                "id": "pay_other",
                "merchant_id": "mer_other",
                "created_by_id": "ak_other",
                "merchant_order_no": "another",
                "amount_minor": 1,
                "unallocated_minor": 1,
                "currency": "USD",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (ChannelOperation, column, lie)
            for column, lie in {
                "id": "opr_other",
                "kind": "payout",
                "channel_account_id": "chn_other",
                "channel_no": "ATT_OTHER",
                "subject": "att_other",
                "amount_minor": 1,
                "currency": "USD",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (PaymentAttempt, column, lie)
            for column, lie in {
                "id": "att_other",
                "payment_id": "pay_other",
                "channel_account_id": "chn_other",
                "operation_id": "opr_other",
                "method": "other",
                "created_at": "2026-01-01T00:00:00Z",
            }.items()
        ),
        *(
            (MerchantAccount, column, lie)
            for column, lie in {
                "id": 99,
                "merchant_id": "mer_other",
                "currency": "USD",
                "pending_account_id": 99,
                "available_account_id": 99,
                "hold_account_id": 99,
                "debt_account_id": 99,
            }.items()
        ),
    ],
)
def test_refuses_to_change_what_was_agreed(either_role, model, column, lie):
    # Given
    attempted_payment(owed_payment(), channel=AlipayAccountFactory())
    before = contents(model)
    table = model._meta.db_table

    # When, Then
    with refused(f"column {column} of {table} never changes"):
        run_sql(f"UPDATE {table} SET {column} = %s", lie)  # noqa: S608
    assert contents(model) == before


def test_one_number_at_the_channel_is_of_one_order(either_role):
    # Given
    new_operation(channel_no="ATT_1").save()

    # When, Then
    with refused("channel_no"):
        new_operation(channel_no="ATT_1").save()


# --- written once, never deleted ------------------------------------------------------------------


@pytest.fixture
def filled(either_role: str) -> str:
    """Write at least one row of everything, and return the role at work."""
    paid_payment()
    check_laws()  # TRUNCATE waits for no law
    return either_role


@pytest.mark.parametrize("model", WRITTEN_ONCE, ids=name_of)
def test_what_is_written_once_is_neither_changed_nor_deleted(filled, model):
    # Given
    before = contents(model)

    # When, Then
    with refused(REFUSED[filled]):
        model.objects.update(**WRITTEN_ONCE[model])
    with refused(REFUSED[filled]):
        model.objects.all()._raw_delete("default")
    with refused(REFUSED[filled]):
        run_sql(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert contents(model) == before != []


@pytest.mark.parametrize("model", NEVER_DELETED, ids=name_of)
def test_what_has_a_history_is_never_deleted(filled, model):
    # Given
    before = contents(model)

    # When, Then
    with refused(REFUSED[filled]):
        model.objects.all()._raw_delete("default")
    with refused(REFUSED[filled]):
        run_sql(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert contents(model) == before != []


def test_an_order_number_is_taken_once_for_ever(either_role):
    # Given the platform's own numbers, and a merchant's
    merchant = MerchantFactory()
    new_payment(merchant_order_no="A-1").save()
    new_payment(merchant_order_no="A-1", merchant=merchant).save()

    # When, Then
    with refused("payments_payment_order_no"):
        new_payment(merchant_order_no="A-1").save()
    with refused("payments_payment_order_no"):
        new_payment(merchant_order_no="A-1", merchant=merchant).save()
