"""What people book by hand, each time in the house and in the model of it."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
)

from payments.models import (
    ManualEntry,
)
from tests.factories.manual_entries import booked_by_hand
from tests.properties.money_model import Held
from tests.rig.attacks import check_laws


class DeedsByHand(RuleBasedStateMachine):
    """Adjustments, freezes, reserves held, and debts recovered or written off."""

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
