"""The ledger and a model of it agree, whatever is booked, refused, taken back or done at once."""

import os
from datetime import date, timedelta
from functools import partial
from itertools import count, product

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.actions import journal
from ledger.actions.journal import Entry, Leg
from ledger.errors import (
    AlreadyReversedError,
    DuplicateEntryError,
    OverdrawnError,
    PeriodClosedError,
    UnbalancedEntryError,
)
from ledger.models import JournalEntry
from tests.factories.books import booked, closed, reopened
from tests.instants import NOON
from tests.properties.crowd import CROWD, at_hand, at_once, crowd  # noqa: F401  a fixture
from tests.properties.effort import settings, soon
from tests.properties.ledger_model import (
    BOOKED,
    CLOSED,
    NATURES,
    OVERDRAWN,
    REVERSED,
    TWICE,
    UNBALANCED,
    Booking,
    Model,
)
from tests.properties.ledger_moves import (
    amounts,
    floored,
    legs_of,
    movements,
    picks,
    places,
    taking,
)
from tests.properties.wrong_ledgers import WRONG, copy_without
from tests.rig.attacks import run_sql

REFUSALS = {
    UnbalancedEntryError: UNBALANCED,
    DuplicateEntryError: TWICE,
    OverdrawnError: OVERDRAWN,
    AlreadyReversedError: REVERSED,
    PeriodClosedError: CLOSED,
}

_currencies = ("".join(letters) for letters in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=3))


LONG_AGO = date(2001, 1, 3)


class Books(RuleBasedStateMachine):
    """Each example has a currency of its own, and with it accounts that nobody else touches."""

    def __init__(self) -> None:
        super().__init__()
        self.currency = next(_currencies)
        self.model = Model(closed_through=_closed_through())
        self.first_day = self.model.closed_through + timedelta(days=1)
        self.numbers = count(1)
        self.is_at_odds = False

    # --- what is done ---------------------------------------------------------------------------

    def source(self) -> str:
        return f"{self.currency}:{next(self.numbers)}"

    def entry(self, booking: Booking) -> Entry:
        return Entry(
            source=booking.source,
            kind="channel_settled",
            legs=tuple(
                Leg(side, code, owner, amount, self.currency)
                for side, (code, owner), amount in booking.legs
            ),
            effective_date=booking.day,
            at=NOON,
        )

    def one_booked(self, pick: int) -> str:
        return sorted(self.model.booked)[pick % len(self.model.booked)]

    def day(self, after: int = 1) -> date:
        """Return the first open day, or one so many days after the last closed one."""
        return self.model.closed_through + timedelta(days=after)

    def book(self, *bookings: Booking) -> str:
        """Book in the ledger as one call; return what came of it in the model's words."""
        try:
            with transaction.atomic():
                if bookings[0].reverses:
                    original = JournalEntry.objects.get(source=bookings[0].reverses)
                    journal.reverse_entry(
                        original, effective_date=bookings[0].day, at=NOON, reason="a slip"
                    )
                else:
                    journal.post_entries([self.entry(booking) for booking in bookings])
        except tuple(REFUSALS) as refusal:
            return REFUSALS[type(refusal)]
        return BOOKED

    def both(self, *bookings: Booking) -> None:
        """Book in the ledger and in the model; the same must come of it."""
        found, wanted = self.book(*bookings), self.model.book(bookings)
        self.is_at_odds = found != wanted
        assert found == wanted

    @rule(moves=st.lists(movements, min_size=1, max_size=3), after=st.integers(-1, 2))
    def post(self, moves, after: int) -> None:
        self.both(Booking(self.source(), legs_of(moves), self.day(after)))

    @rule(place=floored, amount=st.integers(50, 300))
    def fill(self, place, amount: int) -> None:
        """Give a floored account something to lose."""
        side = NATURES[place[0]][0]
        bank = ("1001", place[1])
        legs = (bank, place) if side == "C" else (place, bank)
        self.both(Booking(self.source(), legs_of([(*legs, amount)]), self.day()))

    @rule(moves=st.lists(movements, min_size=1, max_size=4))
    def post_many_in_one_call(self, moves) -> None:
        self.both(*(Booking(self.source(), legs_of([move]), self.day()) for move in moves))

    @precondition(lambda self: self.model.booked)
    @rule(pick=picks, moves=st.lists(movements, min_size=1, max_size=2))
    def post_the_same_event_again(self, pick: int, moves) -> None:
        source = self.one_booked(pick)
        legs = legs_of(moves)
        self.both(Booking(self.source(), legs, self.day()), Booking(source, legs, self.day()))

    @rule(moves=st.lists(movements, max_size=2), side=st.sampled_from("DC"), place=places)
    def post_what_does_not_balance(self, moves, side: str, place) -> None:
        self.both(Booking(self.source(), (*legs_of(moves), (side, place, 1)), self.day()))

    @precondition(lambda self: self.model.booked)
    @rule(pick=picks, after=st.integers(0, 2))
    def reverse(self, pick: int, after: int) -> None:
        self.both(self.model.booked[self.one_booked(pick)].mirrored(day=self.day(after)))

    @rule()
    def close_a_day(self) -> None:
        assert self.close() == self.model.close()

    def close(self) -> str:
        with transaction.atomic():
            closed(self.day())
        return CLOSED

    @precondition(lambda self: self.model.closed_through >= self.first_day)
    @rule(pick=picks)
    def reopen_days(self, pick: int) -> None:
        closed_days = (self.model.closed_through - self.first_day).days + 1
        first = self.first_day + timedelta(days=pick % closed_days)
        with transaction.atomic():
            reopened(first)
        self.model.closed_through = first - timedelta(days=1)

    @rule(
        debits=st.lists(
            st.tuples(floored, floored, amounts, st.booleans()), min_size=2, max_size=CROWD
        ),
        is_one_event=st.booleans(),
        is_closing=st.booleans(),
    )
    def post_at_once(self, debits, is_one_event: bool, is_closing: bool) -> None:
        """Let connections race for the same floored accounts, for one event, or for a day."""
        source = self.source()
        bookings: list[Booking | None] = []
        for number, (taken, given, amount, is_order_turned) in enumerate(debits):
            bank = ("1001", taken[1])
            moves = [taking(taken, bank, amount), taking(given, bank, 1)]
            legs = legs_of(moves[::-1] if is_order_turned else moves)
            bookings.append(
                Booking(source if is_one_event else f"{source}:{number}", legs, self.day())
            )
        deeds = [partial(self.book, one) for one in bookings]
        if is_closing:
            bookings[-1], deeds[-1] = None, self.close
        seen = tuple(at_once(deeds))
        possible = self.model.outcomes(bookings)
        self.is_at_odds = seen not in possible
        assert seen in possible, f"{seen} is none of {sorted(possible)}"
        self.model = possible[seen]

    # --- what must be true ----------------------------------------------------------------------

    @invariant()
    def balances_are_the_model_s(self) -> None:
        rows = run_sql(
            """SELECT a.code, a.owner_id, b.balance_minor, b.seq FROM ledger_account a
               JOIN ledger_accountbalance b ON b.account_id = a.id WHERE a.currency = %s""",
            self.currency,
        )
        found = {(code, owner): (balance, seq) for code, owner, balance, seq in rows}
        wanted = {
            place: (balance, self.model.postings[place])
            for place, balance in self.model.balances.items()
        }
        # A refusal writes nothing: not even the account that it would have opened.
        assert found == wanted

    def teardown(self) -> None:
        """At the end look at all that was written, unless a step has told the difference."""
        if self.is_at_odds:
            return
        self._every_entry_is_there_once()
        self._every_posting_follows_the_one_before()
        rows = run_sql(
            """SELECT a.code, sum(b.balance_minor) FROM ledger_account a
               JOIN ledger_accountbalance b ON b.account_id = a.id
               WHERE a.currency = %s GROUP BY a.code""",
            self.currency,
        )
        assert dict(rows) == self.model.control_totals()

    def _every_entry_is_there_once(self) -> None:
        rows = run_sql(
            "SELECT source FROM ledger_journalentry WHERE source LIKE %s", f"{self.currency}:%"
        )
        assert sorted(source for (source,) in rows) == sorted(self.model.booked)

    def _every_posting_follows_the_one_before(self) -> None:
        """As of any number of an account its balance is the sum of what was posted until then."""
        rows = run_sql(
            """SELECT a.code, a.owner_id, p.seq, p.side, p.amount_minor, p.balance_after_minor
               FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
               WHERE a.currency = %s ORDER BY p.account_id, p.seq""",
            self.currency,
        )
        now: dict[tuple[str, str], tuple[int, int]] = {}
        for code, owner, seq, side, amount, after in rows:
            balance, before = now.get((code, owner), (0, 0))
            balance += amount if side == NATURES[code][0] else -amount
            assert (after, seq) == (balance, before + 1)
            now[code, owner] = (balance, seq)
        assert {place: balance for place, (balance, _) in now.items()} == self.model.balances


def _closed_through() -> date:
    """Return the last closed day, which outlives an example; at first one long ago.

    Thousands of days are closed here, and only days that are over may be.
    """
    ((day,),) = run_sql("SELECT max(day) FROM ledger_closedthrough")
    if day is None:
        day = LONG_AGO
        with transaction.atomic():
            booked("the first", day, owner_id="nobody")
            closed(day)
    return day


# --- the ledger, and two that are wrong ---------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_ledger_does_what_the_model_says(crowd) -> None:  # noqa: F811
    machine = Books
    if seed := os.environ.get("SEED"):
        machine = hypothesis.seed(int(seed))(Books)
    run_state_machine_as_test(machine, settings=settings())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mistake", WRONG)
def test_a_ledger_is_found_out(mistake: str) -> None:
    # Given a copy of the database that lacks one law
    missing_law, refusal = WRONG[mistake]
    with copy_without(missing_law), at_hand():
        # When
        with pytest.raises(AssertionError) as found:
            run_state_machine_as_test(Books, settings=soon())

        # Then the model says what should have been refused
        assert f"'{refusal}'" in str(found.value)
