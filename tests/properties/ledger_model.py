"""The ledger in a few lines of plain Python: what each booking should come to.

It shares no rule with the code. Accounts are a code and an owner; all is in one currency.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import permutations

Place = tuple[str, str]
"""A code of the chart and an owner."""

NATURES = {
    "1001": ("D", False),
    "1101": ("D", False),
    "4002": ("C", False),
    "1901": ("D", True),
    "2401": ("C", True),
    "2901": ("C", True),
}
"""Normal side and floor of the codes that the machine books on."""

BOOKED, UNBALANCED, TWICE, OVERDRAWN, REVERSED, CLOSED = (
    "booked",
    "unbalanced",
    "twice",
    "overdrawn",
    "reversed before",
    "closed",
)


@dataclass(frozen=True)
class Booking:
    """One entry: side, place and amount of each leg."""

    source: str
    legs: tuple[tuple[str, Place, int], ...]
    day: date
    reverses: str = ""

    def mirrored(self, *, day: date) -> "Booking":
        """Return what takes this one back."""
        legs = tuple(
            ("C" if side == "D" else "D", place, amount) for side, place, amount in self.legs
        )
        return Booking(f"{self.source}:reversal", legs, day, reverses=self.source)


@dataclass
class Model:
    """What is booked, what stands on each account, and through which day all is closed."""

    closed_through: date
    booked: dict[str, Booking] = field(default_factory=dict)
    reversed: set[str] = field(default_factory=set)
    balances: dict[Place, int] = field(default_factory=dict)
    postings: dict[Place, int] = field(default_factory=dict)

    def copy(self) -> "Model":
        """Return one that can go on by itself."""
        return Model(
            self.closed_through,
            dict(self.booked),
            set(self.reversed),
            dict(self.balances),
            dict(self.postings),
        )

    def close(self) -> str:
        """Close the next day."""
        self.closed_through += timedelta(days=1)
        return CLOSED

    def book(self, bookings: Sequence[Booking]) -> str:
        """Book all of them or none; return which, in a word.

        Events are looked at before amounts: what is booked twice is told so, overdrawn or not.
        """
        kept = self.copy()
        verdict = self._refusal(bookings)
        for booking in bookings:
            if verdict == BOOKED:
                verdict = self._move(booking)
        if verdict != BOOKED:
            self.__dict__.update(kept.__dict__)
        return verdict

    def _refusal(self, bookings: Sequence[Booking]) -> str:
        for booking in bookings:
            if not booking.legs or sum(
                amount if side == "D" else -amount for side, _, amount in booking.legs
            ):
                return UNBALANCED
        for booking in bookings:
            # The day is asked before the row is written, and the row before its keys.
            if booking.day <= self.closed_through:
                return CLOSED
            if booking.source in self.booked:
                return TWICE
            if booking.reverses in self.reversed:
                return REVERSED
            self.booked[booking.source] = booking
            if booking.reverses:
                self.reversed.add(booking.reverses)
        return BOOKED

    def _move(self, booking: Booking) -> str:
        for place, moves in self.moves(booking):
            for move in moves:
                self.balances[place] = self.balances.get(place, 0) + move
                self.postings[place] = self.postings.get(place, 0) + 1
                # The floor holds at every posting, not only after the entry's last.
                if NATURES[place[0]][1] and self.balances[place] < 0:
                    return OVERDRAWN
        return BOOKED

    @staticmethod
    def moves(booking: Booking) -> Iterator[tuple[Place, list[int]]]:
        """Yield what each account gains by its postings, in their order, on its normal side."""
        for place in dict.fromkeys(place for _, place, _ in booking.legs):
            normal = NATURES[place[0]][0]
            yield (
                place,
                [
                    amount if side == normal else -amount
                    for side, other, amount in booking.legs
                    if other == place
                ],
            )

    def outcomes(self, deeds: Sequence[Booking | None]) -> dict[tuple[str, ...], "Model"]:
        """Return every way in which deeds at once can come out, with what is then true.

        They come out as if one had been done after the other, in some order. None closes a day.
        """
        found: dict[tuple[str, ...], Model] = {}
        for order in permutations(range(len(deeds))):
            after = self.copy()
            verdicts = {}
            for place in order:
                deed = deeds[place]
                verdicts[place] = after.book([deed]) if deed else after.close()
            found.setdefault(tuple(verdicts[place] for place in sorted(order)), after)
        return found

    def control_totals(self) -> dict[str, int]:
        """Return the sum over the owners, by code."""
        totals: dict[str, int] = {}
        for (code, _), balance in self.balances.items():
            totals[code] = totals.get(code, 0) + balance
        return totals
