"""What happens to refunds, each time in the house and in the model of it."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from payments.actions import refund_submissions, refunds
from tests.factories.payments import (
    failed_refund,
    refund_asked,
    refunded,
)
from tests.properties.money_model import Given
from tests.rig.attacks import check_laws


class DeedsOfRefunds(RuleBasedStateMachine):
    """Refunds that wait, succeed or fail, before and after their money matured or was spent."""

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
