"""What PostgreSQL refuses of refunds: more than was paid, sums, moves, changed facts, deletions."""

from collections import deque

import pytest

from ledger.identifiers import new_id
from payments.models import Payment, PaymentAllocation, Refund, RefundAllocation
from payments.states import REFUND, RefundStatus
from tests.factories.payments import MerchantFactory, owed_payment, paid_payment, refund_asked
from tests.instants import NOON
from tests.rig.attacks import check_laws, every_way, refused, run_sql
from tests.rig.tampering import without_triggers

TOO_MUCH = "is more than was paid"


def refund_of(payment: Payment, amount_minor: int = 10_000, **other: object) -> Refund:
    """Put a refund together past the actions."""
    return Refund(
        **{
            "payment": payment,
            "merchant_refund_no": new_id("no"),
            "amount_minor": amount_minor,
            "currency": "CNY",
            "reason": "Attack",
            "requested_by": "user:1",
            "created_at": NOON,
            **other,
        }
    )


def part_of(
    refund: Refund, allocation: PaymentAllocation, amount_minor: int = 10_000, **other: object
) -> RefundAllocation:
    return RefundAllocation(
        **{
            "refund": refund,
            "allocation": allocation,
            "place": 1,
            "amount_minor": amount_minor,
            "fee_returned_minor": 0,
            **other,
        }
    )


@pytest.fixture
def payment(either_role) -> Payment:
    """A paid payment of 100.00 of one merchant, with a fee of 2.00."""
    return paid_payment()


@pytest.fixture
def allocation(payment) -> PaymentAllocation:
    return payment.allocations.get()


class TestSums:
    @every_way
    def test_a_refund_of_all_is_accepted(self, payment, allocation, write):
        refund = refund_of(payment)
        write([refund])
        write([part_of(refund, allocation, fee_returned_minor=200)])
        check_laws()

    @every_way
    def test_one_unit_more_than_the_payment(self, payment, write):
        with refused(TOO_MUCH):
            write([refund_of(payment, 10_001)])

    @every_way
    def test_one_unit_more_than_living_refunds_leave(self, payment, allocation, write):
        # Given 60.00 that wait for another person
        refund = refund_of(payment, 6_000)
        refund.save()
        part_of(refund, allocation, 6_000).save()
        Refund.objects.update(status="pending_approval")

        # When, Then
        with refused(TOO_MUCH):
            write([refund_of(payment, 4_001)])
        Refund.objects.update(status="cancelled")
        write([refund_of(payment, 4_001)])

    @every_way
    def test_two_at_once_in_one_statement(self, payment, write):
        with refused(TOO_MUCH):
            write([refund_of(payment, 5_001), refund_of(payment, 5_001)])

    @every_way
    def test_more_of_one_merchant_than_its_share(self, either_role, write):
        # Given
        payment = paid_payment(MerchantFactory(), MerchantFactory(), amounts_minor=(6_000, 4_000))
        first = payment.allocations.get(place=1)
        refund = refund_of(payment)
        refund.save()

        # When, Then
        with refused(f"{TOO_MUCH} to one merchant"):
            write([part_of(refund, first, 6_001)])

    @every_way
    def test_more_of_the_fee_than_was_taken(self, payment, allocation, write):
        refund = refund_of(payment)
        refund.save()
        with refused(f"{TOO_MUCH} to one merchant"):
            write([part_of(refund, allocation, fee_returned_minor=201)])

    @every_way
    def test_the_share_of_another_payment(self, payment, write):
        other = paid_payment()
        refund = refund_of(payment)
        refund.save()
        with refused(f"{TOO_MUCH} to one merchant"):
            write([part_of(refund, other.allocations.get())])

    @every_way
    def test_money_that_belongs_to_a_merchant_as_nobody_s(self, payment, write):
        with refused(TOO_MUCH):
            write([refund_of(payment, 1, unallocated_minor=1)])

    @every_way
    def test_a_payment_that_nobody_paid(self, either_role, write):
        with refused(TOO_MUCH):
            write([refund_of(owed_payment(), 1)])

    @every_way
    def test_another_currency(self, payment, write):
        with refused(TOO_MUCH):
            write([refund_of(payment, 1, currency="USD")])

    @every_way
    def test_parts_that_are_not_the_amount(self, payment, allocation, write):
        refund = refund_of(payment, 9_999)
        write([refund])
        write([part_of(refund, allocation, 9_998)])
        with refused("do not add up to its amount"):
            check_laws()

    @every_way
    def test_no_amount_and_a_fee_above_it(self, payment, allocation, write):
        with refused("payments_refund_amounts"):
            write([refund_of(payment, 0)])
        refund = refund_of(payment, 100)
        refund.save()
        with refused("payments_refund_allocation_amounts"):
            write([part_of(refund, allocation, 100, fee_returned_minor=101)])

    @every_way
    def test_a_number_twice(self, payment, write):
        write([refund_of(payment, 1, merchant_refund_no="R1")])
        with refused("payments_refund_no"):
            write([refund_of(payment, 1, merchant_refund_no="R1")])


def path_to(goal: str) -> list[str]:
    """Return a shortest way from `requested` to a state."""
    ways = deque([["requested"]])
    seen = {"requested"}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for state in sorted(REFUND.moves[way[-1]] - seen):
            seen.add(state)
            ways.append([*way, state])
    raise AssertionError(f"nothing leads to {goal}")


class TestMoves:
    @pytest.fixture(autouse=True)
    def only_the_table_speaks(self, django_db_setup, django_db_blocker):
        """Let the moves alone be asked; what else a refund by hand needs is asked elsewhere."""
        with (
            django_db_blocker.unblock(),
            without_triggers(
                ("payments_refund", "payments_refund_by_hand_agreed"),
                ("payments_refund", "payments_refund_to_merchants_agreed"),
                ("payments_refund", "payments_refund_made_agreed"),
                ("payments_refund", "payments_refund_again_agreed"),
                ("payments_refund", "payments_refund_came_back_before"),
            ),
        ):
            yield

    @every_way
    def test_begins_as_requested(self, payment, write):
        with refused("begins as requested"):
            write([refund_of(payment, status="succeeded")])

    @pytest.mark.parametrize("state", RefundStatus.values)
    def test_moves_as_listed_and_in_no_other_way(self, payment, state):
        # Given
        refund = refund_of(payment)
        refund.save()
        for step in path_to(state):
            Refund.objects.filter(pk=refund.pk).update(status=step)

        # When, Then
        for other in RefundStatus.values:
            if other != state and not REFUND.allows(state, other):
                with refused(f"may not move from {state} to {other}"):
                    Refund.objects.filter(pk=refund.pk).update(status=other)

    @pytest.mark.parametrize("status", ["submitting", "funding_required"])
    def test_goes_on_only_with_the_approval_of_others(self, payment, settings, status):
        # Given
        settings.REFUND_APPROVAL_ABOVE = {}
        refund = refund_asked(payment)

        # When, Then
        with refused("has no approval by other people"):
            run_sql("UPDATE payments_refund SET status = %s WHERE id = %s", status, refund.pk)
        with refused("has no approval by other people"):
            run_sql(
                "UPDATE payments_refund SET status = %s, approval_id = NULL WHERE id = %s",
                status,
                refund.pk,
            )


FACTS = {
    "id": "ref_other",
    "payment_id": "pay_other",
    "merchant_id": "mer_other",
    "created_by_id": "ak_other",
    "merchant_refund_no": "another",
    "amount_minor": 1,
    "unallocated_minor": 1,
    "currency": "USD",
    "requested_by": "user:2",
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(("column", "lie"), FACTS.items())
def test_facts_never_change(payment, column, lie):
    refund = refund_of(payment)
    refund.save()
    with refused(f"column {column} of payments_refund never changes"):
        run_sql(f"UPDATE payments_refund SET {column} = %s", lie)  # noqa: S608


@pytest.mark.parametrize("table", ["payments_refund", "payments_refundallocation"])
def test_nothing_is_ever_deleted(payment, table, either_role):
    refund_asked(payment)
    words = {
        "application": "permission denied for table",
        "owner": "is refused: its rows are written once",
    }[either_role]
    with refused(words):
        run_sql(f"DELETE FROM {table}")  # noqa: S608
    with refused(words if either_role == "application" else "refused|pending trigger events"):
        run_sql(f"TRUNCATE {table} CASCADE")


def test_a_part_never_changes(payment, either_role):
    refund_asked(payment)
    with refused("permission denied" if either_role == "application" else "written once"):
        RefundAllocation.objects.update(amount_minor=1)
