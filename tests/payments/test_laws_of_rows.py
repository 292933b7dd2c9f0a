"""What PostgreSQL refuses of payments' rows: forbidden moves, changed facts, deletions."""

from collections import deque

import pytest

from ledger.states import StateTable
from payments import states
from payments.models import (
    PaymentAttempt,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    attempted_payment,
    owed_payment,
)
from tests.instants import NOON
from tests.payments.rows_of_payments import new_operation, new_payment
from tests.rig.attacks import every_way, refused, run_sql
from tests.rig.tampering import without_triggers


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
        end = min(table.terminal, default="failed")
        row = new()
        row.save()
        for step in path_to(table, start=start, goal=end):
            type(row).objects.filter(pk=row.pk).update(status=step)

        # When, Then
        for state in set(table.states.values) - {end} - table.moves.get(end, set()):
            with refused(f"may not move from {end}"):
                run_sql(
                    f"UPDATE {row._meta.db_table} SET status = %s WHERE id = %s",  # noqa: S608
                    state,
                    row.pk,
                )

    @every_way
    def test_begins_so_whatever_the_way(self, either_role, write, table, new, start):
        with refused(f"begins as {start}"):
            write([new(status=min(table.terminal, default="failed"))])


def test_a_payment_has_one_live_attempt(either_role):
    # Given
    first = attempted_payment(owed_payment(), channel=AlipayAccountFactory())

    # When, Then
    with refused("payments_attempt_one_live"):
        new_attempt(payment=first.payment).save()
