"""Whatever is paid, refunded, late, twice or wrongly, and whenever it matures: all agree.

Books, lines and a model, after every step: payments, refunds that wait, succeed or fail before
and after their money matured or was spent, debts that are recovered or written off, adjustments,
freezes, and reserves that roll, are held by hand and pay for refunds.

The model is written anew in a few lines of plain Python; it shares no rule with the code.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.identifiers import new_id
from ledger.models import AccountBalance
from payments.actions import captures, maturity, refund_submissions, refunds
from payments.actions.merchants import open_accounts
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    ManualEntry,
    Merchant,
    Payment,
    PaymentAttempt,
    Refund,
)
from settlements.queries import integrity
from tests.factories.manual_entries import booked_by_hand
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    attempted_payment,
    failed_refund,
    owed_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import give_account_terms
from tests.instants import THURSDAY
from tests.rig.attacks import check_laws, run_sql

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNEL_BPS = 60
# Whose money waits how long, and at which price: rate, fixed, minimum, maximum. Then what of the
# fee a refund returns, the tax in it, and what the merchant may owe.
SELLERS = (
    ("T+0", (200, 0, 0, None), ("return_proportional", 600, 0)),
    ("T+1", (0, 30, 0, None), ("keep", 0, 5_000)),
    ("D+3", (1_000, 0, 50, 500), ("return_full", 600, 300)),
)
# How each merchant's reserve rolls: its share of the net, its days, whether it pays refunds.
RESERVES = ((0, 0, False), (1_000, 3, True), (500, 2, False))


@dataclass
class Held:
    """What the model knows of one reserve: of whose share, since when, until when, what is left."""

    share: str
    since: date
    until: date | None
    left: int


@dataclass
class Share:
    """What the model knows of one allocation that was paid."""

    owner: str
    gross: int
    fee: int
    day: date
    pending_left: int
    refunded: int = 0
    returned: int = 0
    key: str = field(default_factory=lambda: new_id("key"))

    @property
    def left(self) -> int:
        return self.gross - self.refunded


@dataclass
class Given:
    """One refund of the model: its shares with amount, fee and what was pending; nobody's part."""

    refund: Refund
    parts: list[tuple[Share, int, int]]
    unallocated: int
    pending: dict[str, int] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        return self.unallocated + sum(amount for _, amount, _ in self.parts)


@dataclass
class Paid:
    """One paid payment of the model."""

    payment: Payment
    shares: list[Share]
    unallocated_left: int


@dataclass
class Seller:
    """What the model knows of one merchant: nets by the day they become available."""

    cycle: str
    price: tuple[int, int, int, int | None]
    terms: tuple[str, int, int]
    debt: int = 0
    matured_through: date = THURSDAY - timedelta(days=1)
    nets: list[tuple[date, int]] = field(default_factory=list)
    fees: int = 0
    frozen: dict[str, int] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    reserve: tuple[int, int, bool] = (0, 0, False)

    @property
    def reserved(self) -> int:
        return sum(one.left for one in self.held)

    def earns(self, owner: str, gross: int, *, on: date) -> Share:
        bps, fixed, minimum, maximum = self.price
        fee = max((gross * bps + 5_000) // 10_000 + fixed, minimum)
        fee = min(fee, gross if maximum is None else min(maximum, gross))
        day = max(self.available_after(on), self.matured_through + timedelta(days=1))
        self.nets.append((day, gross - fee))
        self.fees += fee
        bps, days, _ = self.reserve
        kept = ((gross - fee) * bps + 5_000) // 10_000
        share = Share(owner, gross, fee, day, pending_left=gross - fee - kept)
        if kept:
            self.nets.append((day, -kept))
            self.held.append(Held(share.key, on, on + timedelta(days=days), kept))
        return share

    def returns(self, share: Share, amount: int) -> int:
        """Work out what of the fee goes back with this part."""
        policy, together = self.terms[0], share.refunded + amount
        if policy == "keep" or (policy == "return_full" and together < share.gross):
            return 0
        due = (2 * share.fee * together + share.gross) // (2 * share.gross) - share.returned
        return min(max(due, 0), amount)

    def pending_of(self, share: Share) -> int:
        return share.pending_left if share.day > self.matured_through else 0

    def can_pay(self, need: int, share: Share) -> bool:
        advance = self.terms[2] - self.debt
        means = self.pending_of(share) + self.in_hand + self.may_use
        return need <= means + max(advance, 0)

    @property
    def may_use(self) -> int:
        return self.reserved if self.reserve[2] else 0

    def pays(self, need: int, share: Share) -> int:
        """Pay for a refund; return what of it was pending."""
        pending = min(need, self.pending_of(share))
        share.pending_left -= pending
        self.nets.append((share.day, -pending))
        used = min(max(need - pending - self.in_hand, 0), self.may_use)
        self.debt += max(need - pending - used - self.in_hand, 0)
        self.nets.append((self.matured_through, pending + used - need))
        self.uses(used, share)
        return pending

    def uses(self, used: int, share: Share) -> None:
        """Take of the reserve: of this very share first, then of the oldest."""
        for one in sorted(self.held, key=lambda one: (one.share != share.key, one.since)):
            taken = min(one.left, used)
            one.left -= taken
            used -= taken

    def gives_back_reserves(self, day: date) -> None:
        """Let what was kept until a day become available."""
        for one in self.held:
            if one.until is not None and one.until <= day:
                self.nets.append((day, one.left))
                one.left = 0

    def has_back(self, back: int, share: Share, *, pending: int) -> None:
        if share.day <= self.matured_through:
            pending = 0
        share.pending_left += pending
        self.nets.append((share.day, pending))
        self.nets.append((self.matured_through, back - pending))
        self.debt -= min(self.debt, back - pending)

    @property
    def in_hand(self) -> int:
        """What stands on 2002: the lines say it less the debt."""
        return self.available + self.debt

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

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def ask_for_a_refund(self, data: st.DataObject) -> None:
        paid = data.draw(st.sampled_from(self.payments))
        amounts = {
            share.owner: data.draw(st.integers(0, share.left) | st.just(share.left))
            for share in paid.shares
        }
        unallocated = data.draw(st.integers(0, paid.unallocated_left))
        parts = []
        for share in paid.shares:
            amount = amounts[share.owner]
            if amount:
                fee = self.sellers[share.owner].returns(share, amount)
                share.refunded += amount
                share.returned += fee
                parts.append((share, amount, fee))
        if not parts and not unallocated:
            return
        paid.unallocated_left -= unallocated
        given = Given(
            refund_asked(
                paid.payment,
                shares={share.owner: amount for share, amount, _ in parts},
                unallocated_minor=unallocated,
                at=self.at(self.today),
            ),
            parts,
            unallocated,
        )
        check_laws()
        assert given.refund.amount_minor == given.amount
        fees = given.refund.allocations.order_by("place")
        assert [part.fee_returned_minor for part in fees] == [fee for _, _, fee in parts]
        self.expect(given)

    def expect(self, given: Given) -> None:
        """Fund a refund in the model as well, or let it wait; books must have done the same."""
        given.refund.refresh_from_db()
        if not all(
            self.sellers[share.owner].can_pay(amount - fee, share)
            for share, amount, fee in given.parts
        ):
            assert given.refund.status == "funding_required"
            self.waiting_refunds.append(given)
            return
        assert given.refund.status == "submitting"
        for share, amount, fee in given.parts:
            seller = self.sellers[share.owner]
            given.pending[share.owner] = seller.pays(amount - fee, share)
            seller.fees -= fee
        self.suspense -= given.unallocated
        self.in_flight.append(given)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), fee=st.integers(0, 3))
    def the_channel_refunds(self, data: st.DataObject, fee: int) -> None:
        given = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        fee = min(fee, given.amount)
        refunded(given.refund, fee_minor=fee, at=self.at(self.today))
        check_laws()
        self.captured -= given.amount
        self.channel_fees -= fee

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def the_channel_fails(self, data: st.DataObject) -> None:
        given = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        failed_refund(given.refund, at=self.at(self.today))
        check_laws()
        for share, amount, fee in given.parts:
            seller = self.sellers[share.owner]
            seller.has_back(amount - fee, share, pending=given.pending[share.owner])
            seller.fees += fee
        self.free(given)
        self.suspense += given.unallocated

    def free(self, given: Given) -> None:
        """What a dead refund had reserved can be refunded again."""
        for share, amount, fee in given.parts:
            share.refunded -= amount
            share.returned -= fee
        for paid in self.payments:
            if paid.payment.pk == given.refund.payment_id:
                paid.unallocated_left += given.unallocated

    @precondition(lambda self: self.waiting_refunds)
    @rule(data=st.data())
    def give_up_one_that_waits(self, data: st.DataObject) -> None:
        given = self.waiting_refunds.pop(data.draw(st.integers(0, len(self.waiting_refunds) - 1)))
        refunds.cancel_refund(
            given.refund.pk, actor="user:1", at=self.at(self.today), reason="Too long"
        )
        self.free(given)

    @rule()
    def try_those_that_wait(self) -> None:
        refund_submissions.fund_waiting(actor="task:t", at=self.at(self.today))
        check_laws()
        waiting, self.waiting_refunds = self.waiting_refunds, []
        for given in sorted(waiting, key=lambda one: (one.refund.created_at, one.refund.pk)):
            self.expect(given)

    def by_hand(self, kind: str, place: int, amount: int, **other: object) -> ManualEntry:
        entry = booked_by_hand(kind, self.merchants[place], amount, at=self.at(self.today), **other)
        check_laws()
        return entry

    @rule(place=st.integers(0, 2), data=st.data())
    def adjust(self, place: int, data: st.DataObject) -> None:
        """Let available money leave, or come from nowhere (E12a, E12b)."""
        seller = self.sellers[self.merchants[place].pk]
        if seller.in_hand and data.draw(st.booleans()):
            amount = -data.draw(st.integers(1, seller.in_hand))
        else:
            amount = data.draw(st.integers(1, 500))
        self.by_hand("adjustment_credit" if amount > 0 else "adjustment_debit", place, abs(amount))
        seller.nets.append((seller.matured_through, amount))

    @rule(place=st.integers(0, 2), data=st.data())
    def freeze(self, place: int, data: st.DataObject) -> None:
        seller = self.sellers[self.merchants[place].pk]
        if not seller.in_hand:
            return
        amount = data.draw(st.integers(1, seller.in_hand))
        entry = self.by_hand("freeze", place, amount)
        seller.nets.append((seller.matured_through, -amount))
        seller.frozen[entry.pk] = amount

    @rule(place=st.integers(0, 2), data=st.data())
    def unfreeze(self, place: int, data: st.DataObject) -> None:
        seller = self.sellers[self.merchants[place].pk]
        left = {pk: minor for pk, minor in seller.frozen.items() if minor}
        if not left:
            return
        freeze = data.draw(st.sampled_from(sorted(left)))
        amount = data.draw(st.integers(1, left[freeze]))
        self.by_hand("unfreeze", place, amount, ends=freeze)
        seller.nets.append((seller.matured_through, amount))
        seller.frozen[freeze] -= amount

    @rule(place=st.integers(0, 2), data=st.data())
    def reserve_by_hand(self, place: int, data: st.DataObject) -> None:
        seller = self.sellers[self.merchants[place].pk]
        if not seller.in_hand:
            return
        amount = data.draw(st.integers(1, seller.in_hand))
        self.by_hand("reserve_hold", place, amount)
        seller.nets.append((seller.matured_through, -amount))
        seller.held.append(Held("", self.today, None, amount))

    @rule(place=st.integers(0, 2))
    def recover_a_debt_now(self, place: int) -> None:
        """Take back by hand what maturity would take later (E16a): no line, no net."""
        seller = self.sellers[self.merchants[place].pk]
        amount = min(seller.debt, seller.in_hand)
        if amount > 0:
            self.by_hand("debt_recovery", place, amount)
            seller.debt -= amount

    @rule(place=st.integers(0, 2))
    def write_a_debt_off(self, place: int) -> None:
        seller = self.sellers[self.merchants[place].pk]
        if seller.debt:
            self.by_hand("debt_write_off", place, seller.debt)
            seller.nets.append((seller.matured_through, seller.debt))
            seller.debt = 0

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
