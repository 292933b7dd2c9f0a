"""Whatever is paid, late, twice or wrongly, and whenever it matures: books, lines and model agree.

The model is written anew in a few lines of plain Python; it shares no rule with the code.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.models import AccountBalance
from payments.actions import captures, maturity
from payments.actions.merchants import open_accounts
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelAccount, Merchant, PaymentAttempt
from payments.states import PaymentStatus
from settlements.queries import integrity
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    owed_payment,
)
from tests.instants import THURSDAY
from tests.rig.attacks import check_laws, run_sql

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNEL_BPS = 60
# Whose money waits how long, and at which price: rate, fixed, minimum, maximum.
SELLERS = (
    ("T+0", (200, 0, 0, None)),
    ("T+1", (0, 30, 0, None)),
    ("D+3", (1_000, 0, 50, 500)),
)


@dataclass
class Seller:
    """What the model knows of one merchant: nets by the day they become available."""

    cycle: str
    price: tuple[int, int, int, int | None]
    matured_through: date = THURSDAY - timedelta(days=1)
    nets: list[tuple[date, int]] = field(default_factory=list)
    fees: int = 0

    def earns(self, gross: int, *, on: date) -> None:
        bps, fixed, minimum, maximum = self.price
        fee = max((gross * bps + 5_000) // 10_000 + fixed, minimum)
        fee = min(fee, gross if maximum is None else min(maximum, gross))
        day = max(self.available_after(on), self.matured_through + timedelta(days=1))
        self.nets.append((day, gross - fee))
        self.fees += fee

    def available_after(self, day: date) -> date:
        if self.cycle == "D+3":
            return day + timedelta(days=3)
        if self.cycle == "T+1":
            day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return day

    @property
    def pending(self) -> int:
        return sum(net for day, net in self.nets if day > self.matured_through)

    @property
    def available(self) -> int:
        return sum(net for day, net in self.nets if day <= self.matured_through)


class Books(RuleBasedStateMachine):
    """Payments of three merchants over some days, against the model."""

    def __init__(self, channel: ChannelAccount, merchants: list[Merchant]) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.today = THURSDAY
        self.channel = channel
        self.merchants = merchants
        self.sellers = {
            merchant.pk: Seller(cycle, price)
            for merchant, (cycle, price) in zip(merchants, SELLERS, strict=True)
        }
        self.paid: list[PaymentAttempt] = []
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
        payment.status = PaymentStatus.AWAITING_PAYMENT
        payment.save(update_fields=["status"])
        return PaymentAttempt(payment=payment, channel_account=self.channel)

    @rule(
        shares=st.dictionaries(st.integers(0, 2), st.integers(1, 20_000), min_size=1, max_size=3),
        unallocated=st.sampled_from([0, 0, 1, 777]),
        days_late=st.integers(0, 5),
    )
    def pay(self, shares: dict[int, int], unallocated: int, days_late: int) -> None:
        day = self.today - timedelta(days=days_late)
        attempt = self.waiting(shares, unallocated)
        self.capture(attempt, day=day)
        self.paid.append(attempt)
        for place, gross in shares.items():
            self.sellers[self.merchants[place].pk].earns(gross, on=day)
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
        for seller in self.sellers.values():
            seller.matured_through = max(seller.matured_through, self.today)
        moved = sum(seller.available for seller in self.sellers.values()) - moved
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
            assert books.get(("2002", owner), 0) == seller.available
            assert books.get(("4001", owner), 0) == seller.fees
            assert lines[owner] == (seller.matured_through, seller.pending, seller.available)
        assert books.get(("2901", "unallocated"), 0) == self.suspense
        costs = sum(amount for (code, _), amount in books.items() if code == "5001")
        receivable = sum(amount for (code, _), amount in books.items() if code == "1101")
        assert costs == self.channel_fees
        assert receivable == self.captured - self.channel_fees
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
def test_books_lines_and_model_agree_after_every_step():
    # Given three merchants whose accounts open on Thursday
    merchants = [
        MerchantFactory(
            settlement_cycle=cycle,
            fee_plan=FeePlanFactory(
                fee_bps=bps, fixed_minor=fixed, minimum_minor=minimum, maximum_minor=maximum
            ),
        )
        for cycle, (bps, fixed, minimum, maximum) in SELLERS
    ]
    channel = AlipayAccountFactory(channel_fee_bps=CHANNEL_BPS)
    open_accounts([merchant.pk for merchant in merchants], currency="CNY", business_date=THURSDAY)

    # When, Then
    run_state_machine_as_test(
        lambda: Books(channel, merchants),
        settings=settings(
            max_examples=50,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
