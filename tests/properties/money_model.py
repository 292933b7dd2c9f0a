"""What becomes of money, written anew in plain Python: it shares no rule with the code."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ledger.identifiers import new_id
from payments.models import (
    Payment,
    Refund,
)
from tests.instants import THURSDAY

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
