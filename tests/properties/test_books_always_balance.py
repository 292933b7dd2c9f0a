"""Whatever is paid, refunded, late, twice or wrongly, and whenever it matures: all agree.

Books, lines and a model, after every step: payments, refunds that wait, succeed or fail before
and after their money matured or was spent, debts that are recovered or written off, adjustments,
freezes, and reserves that roll, are held by hand and pay for refunds.

The model is written anew in a few lines of plain Python; it shares no rule with the code.
"""

from datetime import date, datetime, time, timedelta

import hypothesis
import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.models import AccountBalance
from payments.actions import captures, maturity
from payments.actions.merchants import open_accounts
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    Merchant,
    PaymentAttempt,
)
from settlements.queries import integrity
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
)
from tests.factories.terms import give_account_terms
from tests.instants import THURSDAY
from tests.properties.deeds_by_hand import DeedsByHand
from tests.properties.deeds_of_refunds import DeedsOfRefunds
from tests.properties.money_model import (
    CHANNEL_BPS,
    RESERVES,
    SELLERS,
    SHANGHAI,
    Given,
    Paid,
    Seller,
)
from tests.rig.attacks import check_laws, run_sql


class Books(DeedsOfRefunds, DeedsByHand):
    """Payments of three merchants over some days, against the model."""

    def __init__(self, channel: ChannelAccount, merchants: list[Merchant]) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.today = THURSDAY
        self.channel = channel
        self.merchants = merchants
        self.sellers = {
            merchant.pk: Seller(cycle, price, terms, reserve=reserve)
            for merchant, (cycle, price, terms), reserve in zip(
                merchants, SELLERS, RESERVES, strict=True
            )
        }
        self.paid: list[PaymentAttempt] = []
        self.payments: list[Paid] = []
        self.waiting_refunds: list[Given] = []
        self.in_flight: list[Given] = []
        self.suspense = self.channel_fees = self.captured = 0

    def teardown(self) -> None:
        try:
            assert integrity.verify().is_sound
        finally:
            transaction.savepoint_rollback(self.before)
            transaction.set_rollback(False)  # the next example begins anew, also after an error

    def at(self, day: date) -> datetime:
        return datetime.combine(day, time(12), SHANGHAI)

    def capture(self, attempt: PaymentAttempt, *, day: date, **other: object) -> None:
        """Record what the channel says, paid in full unless stated otherwise."""
        payment = attempt.payment
        told = {"amount_minor": payment.amount_minor, "currency": "CNY", **other}
        outcome = Outcome(OutcomeKind.SUCCEEDED, paid_at=self.at(day), **told)
        captures.record_paid(
            payment, attempt=attempt, outcome=outcome, actor="channel:alipay", at=self.at(day)
        )
        check_laws()

    def waiting(self, shares: dict[int, int], unallocated: int) -> PaymentAttempt:
        payment = owed_payment(
            *(self.merchants[place] for place in shares),
            amounts_minor=tuple(shares.values()),
            unallocated_minor=unallocated,
        )
        return attempted_payment(payment, channel=self.channel)

    @rule(
        shares=st.dictionaries(st.integers(0, 2), st.integers(1, 20_000), min_size=1, max_size=3),
        unallocated=st.sampled_from([0, 0, 1, 777]),
        days_late=st.integers(0, 5),
    )
    def pay(self, shares: dict[int, int], unallocated: int, days_late: int) -> None:
        day = self.today - timedelta(days=days_late)
        attempt = self.waiting(shares, unallocated)
        self.capture(attempt, day=day)
        for row in (attempt.operation, attempt):
            type(row).objects.filter(pk=row.pk).update(status="succeeded")
        self.paid.append(attempt)
        owners = {self.merchants[place].pk: gross for place, gross in shares.items()}
        earned = [self.sellers[owner].earns(owner, owners[owner], on=day) for owner in owners]
        self.payments.append(Paid(attempt.payment, earned, unallocated))
        amount = sum(shares.values()) + unallocated
        self.captured += amount
        self.channel_fees += (amount * CHANNEL_BPS + 5_000) // 10_000
        self.suspense += unallocated

    @rule(amount=st.integers(2, 20_000), difference=st.sampled_from([-1, 1, 5_000]))
    def pay_otherwise_than_asked(self, amount: int, difference: int) -> None:
        self.capture(self.waiting({0: amount}, 0), day=self.today, amount_minor=amount + difference)
        self.captured += amount + difference
        self.suspense += amount + difference

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def hear_of_a_payment_again(self, data: st.DataObject) -> None:
        self.capture(data.draw(st.sampled_from(self.paid)), day=self.today)

    @rule(days=st.integers(0, 4))
    def let_days_pass_and_mature(self, days: int) -> None:
        self.today += timedelta(days=days)
        moved = sum(seller.available for seller in self.sellers.values())
        due = [one for one in self.sellers.values() if one.matured_through < self.today]
        for seller in due:
            seller.matured_through = self.today
        moved = sum(seller.available for seller in self.sellers.values()) - moved
        for seller in due:
            seller.gives_back_reserves(self.today)
            seller.debt -= min(seller.debt, seller.in_hand)
        result = maturity.mature(
            currency="CNY", business_date=self.today, actor="task:t", at=self.at(self.today)
        )
        assert result.amount_minor == moved
        check_laws()

    @invariant()
    def books_and_lines_say_what_the_model_says(self) -> None:
        balances = list(
            AccountBalance.objects.values_list(
                "account__code",
                "account__owner_id",
                "balance_minor",
                "debits_minor",
                "credits_minor",
            )
        )
        books = {(code, owner): amount for code, owner, amount, _, _ in balances}
        lines = _lines_by_merchant()
        for owner, seller in self.sellers.items():
            assert books.get(("2001", owner), 0) == seller.pending
            assert books.get(("2002", owner), 0) == seller.in_hand
            assert books.get(("1201", owner), 0) == seller.debt <= seller.terms[2]
            assert books.get(("2004", owner), 0) == sum(seller.frozen.values())
            assert books.get(("2005", owner), 0) == seller.reserved
            fees = books.get(("4001", owner), 0) + books.get(("2301", f"platform/{owner}"), 0)
            assert fees == seller.fees
            assert lines[owner] == (seller.matured_through, seller.pending, seller.available)
        assert books.get(("2901", "unallocated"), 0) == self.suspense
        costs = sum(amount for (code, _), amount in books.items() if code == "5001")
        receivable = sum(amount for (code, _), amount in books.items() if code == "1101")
        assert costs == self.channel_fees
        assert receivable == self.captured - self.channel_fees
        on_the_way = sum(amount for (code, _), amount in books.items() if code == "2101")
        assert on_the_way == sum(given.amount for given in self.in_flight)
        assert sum(row[3] for row in balances) == sum(row[4] for row in balances)


def _lines_by_merchant() -> dict[str, tuple[date, int, int]]:
    """Return through when each merchant's money matured, and what is pending and available."""
    rows = run_sql(
        """SELECT m.merchant_id, m.matured_through_date,
             coalesce(sum(l.net_minor) FILTER (WHERE available_on > matured_through_date), 0),
             coalesce(sum(l.net_minor) FILTER (WHERE available_on <= matured_through_date), 0)
           FROM payments_merchantaccount m
           LEFT JOIN payments_balancetransaction l USING (merchant_id, currency)
           GROUP BY m.id"""
    )
    return {owner: (day, int(pending), int(available)) for owner, day, pending, available in rows}


@pytest.mark.django_db
def test_books_lines_and_model_agree_after_every_step(settings):
    # Given three merchants whose accounts open on Thursday, and nobody who asks for approvals
    settings.REFUND_APPROVAL_ABOVE = {"CNY": 10**9}
    merchants = [
        MerchantFactory(
            settlement_cycle=cycle,
            fee_plan=FeePlanFactory(
                fee_bps=bps,
                fixed_minor=fixed,
                minimum_minor=minimum,
                maximum_minor=maximum,
                refund_policy=policy,
                vat_bps=vat_bps,
            ),
        )
        for cycle, (bps, fixed, minimum, maximum), (policy, vat_bps, _) in SELLERS
    ]
    channel = AlipayAccountFactory(channel_fee_bps=CHANNEL_BPS)
    open_accounts([merchant.pk for merchant in merchants], currency="CNY", business_date=THURSDAY)
    for merchant, (_, _, (_, _, advance)), (bps, days, pays) in zip(
        merchants, SELLERS, RESERVES, strict=True
    ):
        give_account_terms(
            merchant,
            advance_limit_minor=advance,
            reserve_bps=bps,
            reserve_days=days,
            is_reserve_for_refunds=pays,
        )

    # When, Then
    run_state_machine_as_test(
        lambda: Books(channel, merchants),
        settings=hypothesis.settings(
            max_examples=50,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
