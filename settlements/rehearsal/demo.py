"""The demo: a small marketplace, a month of its days, and then a house that is open."""

import json
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Sum

from ledger.money import to_decimal_text
from payments.actions.calendar import fill_year
from payments.actions.credentials import issue_credential
from payments.actions.merchants import add_member
from payments.models import ApiCredential, BalanceTransaction, Merchant, MerchantMember, Payment
from payments.queries.calendar import BusinessDays
from payments.states import PaymentStatus
from settlements.models import Payout, Settlement
from settlements.queries import integrity
from settlements.rehearsal.clocks import Clocks
from settlements.rehearsal.closing import Closing
from settlements.rehearsal.marketplace import (
    ACTOR,
    Marketplace,
    open_marketplace,
    take_in_merchants,
)
from settlements.rehearsal.month import (
    CLOSED_AT_BANK,
    DAYS,
    MERCHANTS,
    PLAN,
    purchases_of,
)
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.people import Person, take_on
from settlements.rehearsal.processes import Stage
from settlements.rehearsal.progress import Progress
from settlements.rehearsal.till import Till
from settlements.states import PayoutStatus, SettlementStatus

STAFF = (
    ("lin", "Lin (finance, makes)", "finance_maker"),
    ("wang", "Wang (finance, checks)", "finance_checker"),
    ("zhao", "Zhao (risk officer)", "risk_officer"),
    ("audit", "Auditor (reads)", "auditor"),
)
OWNER = "tea"
OPENING_TIME = time(9, 0)
CLOSED_FROM_DAY = 12


@dataclass
class Demo:
    """One demo in `var/`; what it made once is kept in `demo.json` and found again."""

    directory: Path
    record: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier run left."""
        if self._path.exists():
            self.record = json.loads(self._path.read_text())

    @property
    def _path(self) -> Path:
        return self.directory / "demo.json"

    @property
    def is_played(self) -> bool:
        """Tell whether the month has been played to its end."""
        return bool(self.record.get("is_played"))

    def play(self, stage: Stage, *, today: date) -> None:
        """Play the thirty days before `today`. After a cut it goes on with the same days."""
        zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
        first_day = date.fromisoformat(
            self.record.setdefault("first_day", (today - timedelta(days=DAYS)).isoformat())
        )
        opening = datetime.combine(first_day, OPENING_TIME, tzinfo=zone)
        clocks = Clocks(file=self._clock_file, other_side=OtherSide(stage.simulator_url))
        clocks.prepare(opening)
        with stage:
            clocks.start(opening)
            market = open_marketplace(PLAN, other_side=clocks.other_side, at=opening)
            self.seed(market, at=opening)
            self._play_days(first_day, zone=zone, market=market, stage=stage, clocks=clocks)
            clocks.other_side.let_clock_run()
        self.record["is_played"] = True
        self.save()

    def seed(self, market: Marketplace, *, at: datetime) -> None:
        """Take in merchants and people, fill the calendar, issue the partner's key. Idempotent."""
        for year in {at.year, (at + timedelta(days=DAYS)).year}:
            fill_year(year, actor=ACTOR, at=at)
        merchants = take_in_merchants(market, MERCHANTS, at=at)
        for username, name, role in STAFF:
            self._remember(take_on(username, name=name, role=role), name)
        owner = take_on(OWNER, name="Owner of the tea house")
        self._remember(owner, "Owner of the tea house (portal)")
        tea_house = merchants["B001"]
        if not MerchantMember.objects.filter(merchant=tea_house, user=owner.user).exists():
            add_member(merchant=tea_house, user=owner.user, role="owner", actor=ACTOR, at=at)
        if not ApiCredential.objects.filter(name="Demo partner").exists():
            _, secret = issue_credential(
                name="Demo partner",
                scopes=["platform", "payments:read", "payments:write", "settlements:read"],
                merchant_id=None,
                actor=ACTOR,
                at=at,
            )
            self.record["api_secret"] = secret
        self.save()

    def save(self) -> None:
        """Keep the sign-ins and how far we are, readable by the owner alone."""
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self.record, indent=1, ensure_ascii=False))
        draft.replace(self._path)

    @property
    def _clock_file(self) -> Path:
        return self.directory / "demo" / "clock"

    def _remember(self, person: Person, name: str) -> None:
        if person.password:
            people = self.record.setdefault("people", {})
            people[person.user.username] = {"password": person.password, "name": name}

    def _play_days(
        self, first_day: date, *, zone: ZoneInfo, market: Marketplace, stage: Stage, clocks: Clocks
    ) -> None:
        days = [first_day + timedelta(days=count) for count in range(DAYS)]
        by_day = {
            day: list(purchases_of(day, zone=zone, number=number))
            for number, day in enumerate(days, 1)
        }
        progress = Progress("a month of days", total=sum(map(len, by_day.values())))
        merchants = {
            merchant.external_no: merchant
            for merchant in Merchant.objects.filter(external_no__in=MERCHANTS)
        }
        till = Till(
            market=market,
            other_side=clocks.other_side,
            merchants=merchants,
            watch=stage.require_alive,
            set_clock=clocks.move,
        )
        closing = Closing(
            market=market,
            other_side=clocks.other_side,
            maker=take_on("lin", name="Lin"),
            checker=take_on("wang", name="Wang"),
            set_clock=clocks.move,
        )
        is_business_day = BusinessDays(from_date=first_day)
        for number, day in enumerate(days, 1):
            if number == CLOSED_FROM_DAY:
                clocks.other_side.close_beneficiary(_account_of(CLOSED_AT_BANK))
            if is_business_day(day) and day.isoformat() > self.record.get("closed_through", ""):
                self._close(closing, day, is_last=number > DAYS - 3, zone=zone, first_day=first_day)
            till.take(
                by_day[day],
                on_done=lambda purchase, status: progress.advance(note=f"{purchase.at:%m-%d}"),
            )
        progress.finish()

    def _close(
        self, closing: Closing, day: date, *, is_last: bool, zone: ZoneInfo, first_day: date
    ) -> None:
        """Close one business day; the last settlements are left for the visitor to approve."""
        closed_through = self.record.get("closed_through")
        statement_from = (
            date.fromisoformat(closed_through) + timedelta(days=1) if closed_through else first_day
        )
        closing.is_approved = lambda settlement: not is_last
        closing.close_day(
            day,
            statement_from=statement_from,
            at=datetime.combine(day, OPENING_TIME, tzinfo=zone),
        )
        self.record["closed_through"] = day.isoformat()
        self.save()


def summary() -> list[tuple[str, str]]:
    """Return what exists so far, label and figure: paid, fees, paid out, books."""
    currency = PLAN.currency
    paid = Payment.objects.filter(currency=currency, status=PaymentStatus.PAID).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    lines = BalanceTransaction.objects.filter(currency=currency).aggregate(fee=Sum("fee_minor"))
    statuses = Counter(
        Payment.objects.filter(currency=currency)
        .exclude(status=PaymentStatus.PAID)
        .values_list("status", flat=True)
    )
    payouts = Payout.objects.filter(currency=currency, status=PayoutStatus.SUCCEEDED).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    waiting = Counter(
        Settlement.objects.filter(currency=currency)
        .exclude(status=SettlementStatus.PAID)
        .values_list("status", flat=True)
    )
    proof = integrity.verify()
    return [
        ("payments paid", f"{paid['count']}  {to_decimal_text(paid['amount'] or 0, currency)}"),
        ("not paid", ", ".join(f"{status} {count}" for status, count in statuses.items())),
        ("fees earned", to_decimal_text(lines["fee"] or 0, currency)),
        ("paid out", f"{payouts['count']}  {to_decimal_text(payouts['amount'] or 0, currency)}"),
        ("settlements waiting", ", ".join(f"{name} {n}" for name, n in waiting.items())),
        ("books balanced", f"yes, {len(proof.results)} laws" if proof.is_sound else "NO"),
    ]


def _account_of(external_no: str) -> str:
    """Return the account number that `take_in_merchants` gave to one of the demo's merchants."""
    return f"62220200{list(MERCHANTS).index(external_no) + 1:011}"

