"""The demo: a small marketplace, a month of its days, and then a house that is open."""

import json
import secrets
import time as time_module
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from payments.actions.calendar import fill_year
from payments.actions.credentials import SCOPES, issue_credential
from payments.actions.merchants import add_member
from payments.models import ChannelAccount, ChannelKind, Merchant, MerchantMember, Payment
from payments.queries.calendar import BusinessDays, business_date_of
from payments.states import PaymentStatus
from settlements.models import Payout
from settlements.rehearsal import arrangements, channel_accounts, visitors
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.clocks import Clocks
from settlements.rehearsal.closing import Closing
from settlements.rehearsal.counter import Counter
from settlements.rehearsal.folder import Folder
from settlements.rehearsal.marketplace import (
    Marketplace,
    open_marketplace,
    take_in_merchants,
)
from settlements.rehearsal.month import (
    CLOSED_AT_BANK,
    DAYS,
    MERCHANTS,
    PAID_BY_ALIPAY,
    PAYEE_ID,
    PAYEE_LOGON,
    PAYEE_NAME,
    PLAN,
    VISITED_MERCHANT,
    purchases_of,
)
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.people import Person, give_new_password, take_on
from settlements.rehearsal.processes import Stage
from settlements.rehearsal.progress import Progress
from settlements.rehearsal.rarities import Rarities
from settlements.rehearsal.returns import Returns
from settlements.rehearsal.till import Purchase, Till
from settlements.states import LIVE_PAYOUTS

STAFF = (
    ("lin", "Lin (finance, makes)", "finance_maker"),
    ("wang", "Wang (finance, checks)", "finance_checker"),
    ("zhao", "Zhao (risk officer)", "risk_officer"),
    ("audit", "Auditor (reads)", "auditor"),
    ("sun", "Sun (security, enters keys)", "security_admin"),
    ("qian", "Qian (security, agrees to keys)", "security_admin"),
)
OWNER, OWNER_NAME = "tea", "Owner of the tea house (portal)"
OPENING_TIME = time(9, 0)
CLOSED_FROM_DAY = 12
BOOKS_CLOSE_AFTER_DAYS = 3
"""A day's books stay open for the answers and statements of a weekend."""
LEFT_FOR_VISITORS = 3
"""Of the last so many days nobody approves the settlements."""
OWN_SIMULATOR = "own"
TRANSFER_PATIENCE_SECONDS = 60


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
    def folder(self) -> Folder:
        """Where simulator, clock and logs are."""
        return Folder(self.directory / "demo")

    @property
    def _path(self) -> Path:
        return self.directory / "demo.json"

    @property
    def is_played(self) -> bool:
        """Tell whether the days have been played to their end."""
        return bool(self.record.get("is_played"))

    @contextmanager
    def held(self, *, simulator: str = OWN_SIMULATOR) -> Iterator[None]:
        """Keep the demo for this process, this database and one simulator.

        Raises CommandError when it is another's; nothing is written then.
        """
        with self.folder.held(app_id=PLAN.app_id):
            known = self.folder.read().get("simulator", simulator)
            if known != simulator:
                raise CommandError(
                    _("The demo in %(folder)s lives with another simulator: %(known)s.")
                    % {"folder": self.directory, "known": known}
                )
            self.folder.keep(simulator=simulator)
            yield

    def play(self, stage: Stage, *, now: datetime, days: int = DAYS) -> None:
        """Play the days before `now`, then what seldom happens. After a cut it goes on."""
        zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
        self.record.setdefault(
            "first_day", (business_date_of(now) - timedelta(days=days)).isoformat()
        )
        self.record.setdefault("days", days)
        first_day = date.fromisoformat(self.record["first_day"])
        opening = datetime.combine(first_day, OPENING_TIME, tzinfo=zone)
        other_side = OtherSide(stage.simulator_url)
        clocks = Clocks(file=self.folder.path / "clock", other_side=other_side)
        clocks.prepare(opening)
        with stage, other_side:
            clocks.start(opening)
            market = open_marketplace(PLAN, other_side=clocks.other_side, at=opening)
            self.seed(market, other_side=other_side, at=opening)
            self._play_days(first_day, zone=zone, market=market, stage=stage, clocks=clocks)
            _play_rarities(market, stage=stage, clocks=clocks, at=now)
            _wait_for_transfers(stage)
            clocks.other_side.let_clock_run()
        self.record["is_played"] = True
        self.save()

    def seed(self, market: Marketplace, *, other_side: OtherSide, at: datetime) -> None:
        """Take in merchants and people, fill the calendar, issue the partner's key. Idempotent."""
        other_side.alipay.open_payee(user_id=PAYEE_ID, logon_id=PAYEE_LOGON, real_name=PAYEE_NAME)
        for year in {at.year, (at + timedelta(days=DAYS)).year}:
            fill_year(year, actor=ACTOR, at=at)
        merchants = take_in_merchants(market, MERCHANTS, at=at)
        for username, name, role in STAFF:
            self._remember(take_on(username, name=name, role=role), name)
        owner = take_on(OWNER, name=OWNER_NAME)
        self._remember(owner, OWNER_NAME)
        visitors.pay_by_alipay(merchants[PAID_BY_ALIPAY], at=at)
        tea_house = merchants[VISITED_MERCHANT]
        if not MerchantMember.objects.filter(merchant=tea_house, user=owner.user).exists():
            add_member(merchant=tea_house, user=owner.user, role="owner", actor=ACTOR, at=at)
        if "api_secret" not in self.record:
            _credential, secret = issue_credential(
                name="Demo partner",
                scopes=list(SCOPES),
                merchant_id=None,
                actor=ACTOR,
                at=at,
            )
            self.record["api_secret"] = secret
        self.save()

    def point_at(self, stage: Stage, *, at: datetime) -> None:
        """Send orders to where the simulator answers this time. The same address: no change."""
        for account in ChannelAccount.objects.exclude(gateway_url=""):
            channel_accounts.point_at(account, simulator_url=stage.simulator_url, at=at)

    def checkout_path(self, *, at: datetime) -> str:
        """Return where a visitor can pay 88.00 at the tea house; a new one when that is over."""
        known = self.record.get("checkout", {})
        waiting = Payment.objects.filter(
            pk=known.get("payment"), status=PaymentStatus.CREATED, expires_at__gt=at
        )
        if not waiting.exists():
            self.record["checkout"] = visitors.payment_link(at=at)
            self.save()
        return f"/checkout/{self.record['checkout']['token']}"

    def sign_ins(self) -> list[str]:
        """Return the lines that tell who can sign in, and the partner's key."""
        people = self.record.get("people", {})
        return [
            *(
                f"{username:<8} {person['password']:<18} {person['name']}"
                for username, person in people.items()
            ),
            f"API      {self.record.get('api_secret', '')}",
        ]

    def save(self) -> None:
        """Keep the sign-ins and how far we are, readable by the owner alone."""
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self.record, indent=1, ensure_ascii=False))
        draft.replace(self._path)

    def _remember(self, person: Person, name: str) -> None:
        """Keep a sign-in; whose password a cut has lost gets a new one."""
        people = self.record.setdefault("people", {})
        username = person.user.username
        if username not in people or person.password:
            password = person.password or give_new_password(person.user)
            people[username] = {"password": password, "name": name}
            self.save()

    def _play_days(
        self, first_day: date, *, zone: ZoneInfo, market: Marketplace, stage: Stage, clocks: Clocks
    ) -> None:
        days = [first_day + timedelta(days=count) for count in range(self.record["days"])]
        by_day = {
            day: list(purchases_of(day, zone=zone, number=number))
            for number, day in enumerate(days, 1)
        }
        progress = Progress(_("a month of days"), total=sum(map(len, by_day.values())))
        maker, checker = take_on("lin", name="Lin"), take_on("wang", name="Wang")
        till = Till(
            market=market,
            other_side=clocks.other_side,
            merchants={
                merchant.external_no: merchant
                for merchant in Merchant.objects.filter(external_no__in=MERCHANTS)
            },
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
        is_business_day = BusinessDays(from_date=first_day)

        def count(purchase: Purchase, _status: str) -> None:
            progress.advance(note=f"{purchase.at:%m-%d}")

        for number, day in enumerate(days, 1):
            if number == CLOSED_FROM_DAY:
                clocks.other_side.close_beneficiary(_account_of(CLOSED_AT_BANK))
            closing.is_approved = number <= len(days) - LEFT_FOR_VISITORS
            if is_business_day(day) and day.isoformat() > self.record.get("closed_through", ""):
                self._close(closing, day, zone=zone, first_day=first_day)
            till.take(by_day[day], on_done=count)
        progress.finish()

    def _close(self, closing: Closing, day: date, *, zone: ZoneInfo, first_day: date) -> None:
        closed_through = self.record.get("closed_through")
        statement_from = (
            date.fromisoformat(closed_through) + timedelta(days=1) if closed_through else first_day
        )
        closing.close_day(
            day,
            statement_from=statement_from,
            at=datetime.combine(day, OPENING_TIME, tzinfo=zone),
        )
        closing.close_books(
            day - timedelta(days=BOOKS_CLOSE_AFTER_DAYS),
            at=datetime.combine(day, OPENING_TIME, tzinfo=zone),
        )
        self.record["closed_through"] = day.isoformat()
        self.save()


def _play_rarities(market: Marketplace, *, stage: Stage, clocks: Clocks, at: datetime) -> None:
    """Let what seldom happens happen now, when the days are over."""
    clocks.move(at)
    maker, checker = take_on("lin", name="Lin"), take_on("wang", name="Wang")
    counter = Counter(
        market, clocks.other_side, Merchant.objects.get(external_no=VISITED_MERCHANT), at
    )
    Rarities(counter, maker=maker, checker=checker, watch=stage.require_alive).play()
    arrangements.arrange(market, maker=maker, checker=checker, at=at)


def _wait_for_transfers(stage: Stage) -> None:
    """Let what was sent to Alipay accounts be known: each is asked about, seconds after it."""
    under_way = Payout.objects.filter(
        status__in=LIVE_PAYOUTS, operation__channel_account__channel=ChannelKind.ALIPAY
    )
    deadline = time_module.monotonic() + TRANSFER_PATIENCE_SECONDS
    while under_way.exists() and time_module.monotonic() < deadline:
        stage.require_alive()
        time_module.sleep(0.2)


def _account_of(external_no: str) -> str:
    """Return the account number that `take_in_merchants` gave to one of the demo's merchants."""
    return f"62220200{list(MERCHANTS).index(external_no) + 1:011}"
