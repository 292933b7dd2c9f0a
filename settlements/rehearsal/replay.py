"""The replay of real orders: sell each on its own day, close the quarters, and tie the figures."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from payments.pricing import FeeTerms
from payments.queries.calendar import business_date_of
from risk.actions.limits import set_limit
from risk.models import LimitDeed, LimitSubject, LimitWindow
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.clocks import Clocks
from settlements.rehearsal.closing import Closing
from settlements.rehearsal.folder import Folder
from settlements.rehearsal.marketplace import (
    Marketplace,
    Plan,
    open_marketplace,
    take_in_merchants,
)
from settlements.rehearsal.olist import CURRENCY, Orders
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.people import take_on
from settlements.rehearsal.processes import Stage, free_ports, is_free
from settlements.rehearsal.progress import Progress
from settlements.rehearsal.replay_report import ReplayReport, tie
from settlements.rehearsal.returns import Returns
from settlements.rehearsal.till import Purchase, Till

PLAN = Plan(
    name="Olist replay",
    currency=CURRENCY,
    fee=FeeTerms(bps=500, fixed_minor=0, minimum_minor=0, maximum_minor=None),
    payout_fee_minor=100,
    channel_fee_bps=60,
    app_id="2021000000000901",
    seller_id="2088000000000901",
    bank_account_no="110900000000901",
    bank_opening_minor=0,
    wechat=("1900000901", "wx00000000000901"),
)
CLOSING_MONTHS = (1, 4, 7, 10)
CLOSING_DAY = 5
"""Once a quarter the house pays out; what had not matured by then waits for the next."""
CLOSING_TIME = time(9, 0)
LIMITS = (
    (LimitDeed.PAYMENT, LimitSubject.PLATFORM, LimitWindow.TRANSACTION, 2_000_000),
    (LimitDeed.PAYMENT, LimitSubject.PAYER, LimitWindow.DAY, 5_000_000),
    (LimitDeed.SETTLEMENT, LimitSubject.MERCHANT, LimitWindow.TRANSACTION, 10_000_000),
    (LimitDeed.SETTLEMENT, LimitSubject.MERCHANT, LimitWindow.DAY, 50_000_000),
)
"""What the replay allows in BRL, which has no limits until they are set."""


@dataclass
class Replay:
    """One replay, in a folder of its own; running it again goes on where it was cut off.

    What is done already is found and left; of one that is finished nothing is started.
    """

    orders: Orders
    folder: Folder
    statuses: Counter[str] = field(default_factory=Counter)

    def run(self) -> ReplayReport:
        """Play all of it and return the figures.

        Raises CommandError when there is nothing to sell, or the folder was begun with other
        orders or by another database; nothing is written then.
        """
        purchases = sorted(self.orders.purchases, key=lambda purchase: purchase.at)
        if not purchases:
            raise CommandError(_("The files hold no order that is paid. Nothing was written."))
        with self.folder.held(app_id=PLAN.app_id):
            digest = _digest(purchases)
            if self.folder.read().get("orders", digest) != digest:
                raise CommandError(
                    _("%(folder)s was begun with other orders. Nothing was written.")
                    % {"folder": self.folder.path}
                )
            if not self.folder.read().get("is_finished"):
                self.folder.keep(orders=digest)
                owed_minor = self._run(purchases)
                self.folder.keep(is_finished=True, owed_minor=owed_minor)
            return tie(self.orders, plan=PLAN, owed_minor=self.folder.read().get("owed_minor", 0))

    def _run(self, purchases: list[Purchase]) -> int:
        """Play all of it; return what the channels say that they still owe the house."""
        zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
        opening = purchases[0].at
        stage = self._stage()
        other_side = OtherSide(stage.simulator_url)
        clocks = Clocks(file=self.folder.path / "clock", other_side=other_side)
        clocks.prepare(opening)
        with stage, other_side:
            clocks.start(opening)
            market = open_marketplace(PLAN, other_side=other_side, at=opening)
            for deed, subject, window, value_minor in LIMITS:
                set_limit(
                    deed=deed,
                    subject_kind=subject,
                    window=window,
                    currency=CURRENCY,
                    value_minor=value_minor,
                    actor=ACTOR,
                    at=opening,
                    reason="replay",
                )
            self._play(purchases, zone=zone, market=market, stage=stage, clocks=clocks)
            return other_side.owed_minor(account_no=PLAN.bank_account_no)

    def _stage(self) -> Stage:
        """Prepare the processes, at the addresses of an earlier run where they are free.

        What was ordered at the channel before a cut names the address to be told at.
        """
        ports: list[int] = self.folder.read().get("ports", [])
        if not ports or not all(is_free(port) for port in ports):
            ports = free_ports(2)
            self.folder.keep(ports=ports)
        return Stage(
            directory=self.folder.path,
            web_port=ports[0],
            simulator_port=ports[1],
            clock_file=self.folder.path / "clock",
        )

    def _play(
        self,
        purchases: list[Purchase],
        *,
        zone: ZoneInfo,
        market: Marketplace,
        stage: Stage,
        clocks: Clocks,
    ) -> None:
        progress = Progress("orders", total=len(purchases))
        maker = take_on("replay-maker", name="Replay maker", role="finance_maker")
        checker = take_on("replay-checker", name="Replay checker", role="finance_checker")
        till = Till(
            market=market,
            other_side=clocks.other_side,
            merchants=take_in_merchants(market, self._sellers(), at=purchases[0].at),
            watch=stage.require_alive,
            set_clock=clocks.move,
            returns=Returns(maker=maker, checker=checker),
        )
        closing = Closing(
            market=market,
            other_side=clocks.other_side,
            maker=maker,
            checker=checker,
            set_clock=clocks.move,
        )

        def count(purchase: Purchase, status: str) -> None:
            self.statuses[status] += 1
            progress.advance(note=f"{purchase.at:%Y-%m-%d}")

        statement_from = business_date_of(purchases[0].at)
        closed_through = self.folder.read().get("closed_through", "")
        for closing_at, of_the_quarter in _quarters(purchases, zone=zone):
            till.take(of_the_quarter, on_done=count)
            closing_date = closing_at.astimezone(zone).date()
            if closing_date.isoformat() > closed_through:
                closing.close_day(closing_date, statement_from=statement_from, at=closing_at)
                self.folder.keep(closed_through=closing_date.isoformat())
            statement_from = closing_date + timedelta(days=1)
        progress.finish(note=", ".join(f"{name} {n}" for name, n in self.statuses.items()))

    def _sellers(self) -> dict[str, str]:
        sold = {seller for purchase in self.orders.purchases for seller in purchase.shares_minor}
        return {seller: self.orders.seller_names[seller] for seller in sorted(sold)}


def _quarters(
    purchases: list[Purchase], *, zone: ZoneInfo
) -> Iterator[tuple[datetime, list[Purchase]]]:
    """Part the purchases by the closings that follow them, in order; a quiet quarter has none.

    A last closing without purchases takes what had not matured at the one before.
    """
    waiting: list[Purchase] = []
    closing_at: datetime | None = None
    for purchase in purchases:
        after = _closing_after(purchase.at, zone=zone)
        if closing_at is not None and after != closing_at:
            yield closing_at, waiting
            waiting = []
        closing_at = after
        waiting.append(purchase)
    if closing_at is not None:
        yield closing_at, waiting
        yield _closing_after(closing_at, zone=zone), []


def _closing_after(at: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the first closing after `at`, a morning in `zone`."""
    year = at.astimezone(zone).year
    mornings = (
        datetime.combine(date(year + later, month, CLOSING_DAY), CLOSING_TIME, tzinfo=zone)
        for later in (0, 1)
        for month in CLOSING_MONTHS
    )
    return next(morning for morning in mornings if morning > at)


def _digest(purchases: list[Purchase]) -> str:
    """Tell apart what is to be sold: the order numbers and amounts, in order."""
    digest = hashlib.sha256()
    for purchase in purchases:
        digest.update(f"{purchase.order_no} {purchase.amount_minor}\n".encode())
    return digest.hexdigest()
