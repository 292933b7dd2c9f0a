"""What seldom happens, once each: holds, money that came otherwise, a refund nobody could deliver.

Real ways to get there, with no fault ordered but one: the payer of a cancelled code pays it, two
tries are both paid, somebody with our key asks for another amount, a card is closed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actions import closing, link_payments, links, resolutions, voids
from payments.actions.capture_requests import CaptureRequest, start_capture
from payments.actions.channels import channel_of
from payments.actions.checkout import confirm
from payments.actions.links import LinkRequest
from payments.actions.payer_sessions import mint_link
from payments.actions.refund_remedies import request_remedy
from payments.actions.refunds import RefundRequest, start_refund
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import PayRequest
from payments.models import Capture, ParkedMoney, Payment, PaymentLink, PaymentMethod, Refund
from payments.parked_states import ResolutionWay
from payments.queries.parked import open_resolution
from payments.states import PaymentStatus, RefundStatus
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.counter import Counter, Story, is_now, last_try, waits_for_payer
from settlements.rehearsal.people import Person

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.05
CARD = PayerCard("ICBC_DEBIT", "6222 0000 0000 1234", "张茶")
ABNORMAL = "ABNORMAL"


@dataclass(frozen=True, slots=True)
class Rarities:
    """Plays each of them once, all side by side; two people decide what they may.

    What has begun before a cut is left as it is. `watch` complains when a process has died.
    """

    counter: Counter
    maker: Person
    checker: Person
    watch: Callable[[], None]

    @property
    def at(self) -> datetime:
        """When all of it happens."""
        return self.counter.at

    def play(self) -> None:
        """Play what has not begun. Raises CommandError when something does not get on."""
        stories = {
            "HELD": self._held,
            "VOID": self._voided,
            "KEPT": self._kept,
            "LATE-BACK": self._late_and_given_back,
            "LATE-ASKED": self._late_and_asked_about,
            "TWICE": self._twice,
            "OTHER": self._of_another_amount,
            "UNDELIVERED": self._undelivered,
        }
        known = set(
            Payment.objects.filter(merchant=None, merchant_order_no__in=stories).values_list(
                "merchant_order_no", flat=True
            )
        )
        running = [tell(number) for number, tell in stories.items() if number not in known]
        if not PaymentLink.objects.filter(merchant=self.counter.merchant).exists():
            running.append(self._by_link())
        self._side_by_side(running)

    def _side_by_side(self, running: list[Story]) -> None:
        waiting = [(story, next(story, None)) for story in running]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while waiting := [(story, until) for story, until in waiting if until is not None]:
            if time.monotonic() > deadline:
                raise CommandError(
                    _("%(count)d payments do not get on; the logs of the processes say why.")
                    % {"count": len(waiting)}
                )
            waiting = [(story, next(story, None) if until() else until) for story, until in waiting]
            self.watch()
            time.sleep(PAUSE_SECONDS)

    # --- holds ------------------------------------------------------------------------------------

    def _held(self, number: str) -> Story:
        """Take a held order in two parts, and give the rest back."""
        payment_id = self.counter.ordered(number, PaymentMethod.ALIPAY_QR, 18_000, is_held=True)
        yield from self.counter.until_paid(payment_id, PaymentStatus.AUTHORIZED)
        for amount_minor in (8_000, 6_000):
            capture = start_capture(
                CaptureRequest(payment_id, amount_minor=amount_minor),
                actor=self.maker.actor,
                at=self.at,
                reason="A part was shipped",
            )
            yield partial(is_now, Capture, capture.pk, "succeeded")
        voids.start_void(
            payment_id, actor=self.maker.actor, at=self.at, reason="The rest is sold out"
        )

    def _voided(self, number: str) -> Story:
        """Give a held order back whole."""
        payment_id = self.counter.ordered(number, PaymentMethod.CARD_PAGE, 24_000, is_held=True)
        yield from self.counter.until_paid(payment_id, PaymentStatus.AUTHORIZED)
        voids.start_void(payment_id, actor=self.maker.actor, at=self.at, reason="Order cancelled")
        yield partial(is_now, Payment, payment_id, PaymentStatus.CLOSED)

    def _kept(self, number: str) -> Story:
        """Leave a held order to visitors: they take of it, or give it back, for a week."""
        payment_id = self.counter.ordered(number, PaymentMethod.CARD_PAGE, 36_000, is_held=True)
        yield from self.counter.until_paid(payment_id, PaymentStatus.AUTHORIZED)

    # --- money that came otherwise ----------------------------------------------------------------

    def _late_and_given_back(self, number: str) -> Story:
        parked: list[str] = []
        yield from self._late(number, 6_600, parked)
        self._ask(parked[0], ResolutionWay.REFUND)
        request = open_resolution(parked[0])
        assert request is not None, "it has just been asked for"
        resolutions.approve_resolution(
            parked[0],
            shown_digest=bytes(request.digest),
            decider=self.checker.decider,
            at=self.at,
        )
        yield partial(is_now, ParkedMoney, parked[0], "returned")

    def _late_and_asked_about(self, number: str) -> Story:
        """Leave the second person's decision to a visitor."""
        parked: list[str] = []
        yield from self._late(number, 12_800, parked)
        self._ask(parked[0], ResolutionWay.ACCEPT)

    def _late(self, number: str, amount_minor: int, parked: list[str]) -> Story:
        """Have a cancelled code paid; `parked` gets the id of what waits then."""
        payment_id = self.counter.ordered(number, PaymentMethod.ALIPAY_QR, amount_minor)
        yield partial(waits_for_payer, payment_id)
        with transaction.atomic():
            closing.cancel_payment(payment_id, actor=self.maker.actor, at=self.at)
        yield partial(is_now, Payment, payment_id, PaymentStatus.CLOSED)
        self.counter.pay(last_try(payment_id))
        yield partial(is_now, Payment, payment_id, PaymentStatus.PAID_LATE)
        parked.append(ParkedMoney.objects.get(payment_id=payment_id).pk)

    def _twice(self, number: str) -> Story:
        """Have a payer change their mind, pay by WeChat Pay, and pay the first code as well."""
        with transaction.atomic():
            payment_id = self.counter.created(number, 4_500)
            minted = mint_link(payment_id, return_url="", actor=ACTOR, at=self.at)
        session = minted.session
        choose = partial(confirm, session, token="", client_ip="127.0.0.1", at=self.at)
        choose(method=PaymentMethod.ALIPAY_QR)
        yield partial(waits_for_payer, payment_id)
        first = last_try(payment_id)
        choose(method=PaymentMethod.WECHAT_NATIVE)
        yield partial(waits_for_payer, payment_id, PaymentMethod.WECHAT_NATIVE)
        self.counter.pay(last_try(payment_id))
        yield partial(is_now, Payment, payment_id, PaymentStatus.PAID)
        self.counter.pay(first)
        yield ParkedMoney.objects.filter(payment_id=payment_id).exists

    def _of_another_amount(self, number: str) -> Story:
        """Have somebody with our key ask for another amount before the payer opens the page."""
        payment_id = self.counter.ordered(number, PaymentMethod.ALIPAY_PAGE, 5_200)
        yield partial(waits_for_payer, payment_id)
        attempt = last_try(payment_id)
        channel_of(self.counter.market.alipay).pay(
            PayRequest(
                channel_no=attempt.operation.channel_no,
                amount_minor=5_000,
                currency=self.counter.market.plan.currency,
                subject="Another price",
                method=PaymentMethod.ALIPAY_QR,
                expires_at=self.at + timedelta(hours=1),
                at=self.at,
                stamped_at=self.at,
            )
        )
        self.counter.pay(attempt, opens_page=False)
        yield partial(is_now, Payment, payment_id, PaymentStatus.CONFLICTED)

    # --- refunds and links ------------------------------------------------------------------------

    def _undelivered(self, number: str) -> Story:
        """Refund to an account that is gone; the second person's decision is a visitor's."""
        payment_id = self.counter.ordered(number, PaymentMethod.WECHAT_NATIVE, 7_700)
        yield from self.counter.until_paid(payment_id, PaymentStatus.PAID)
        attempt = last_try(payment_id)
        self.counter.other_side.alipay.plan(
            "refund_failed", number=attempt.operation.channel_no, error_code=ABNORMAL
        )
        refund = start_refund(
            RefundRequest(payment_id, merchant_refund_no=f"{number}-R", reason="Order cancelled"),
            actor=self.maker.actor,
            at=self.at,
        )
        yield partial(is_now, Refund, refund.pk, RefundStatus.ABNORMAL)
        request_remedy(
            refund.pk, card=CARD, note="Told by phone", actor=self.maker.actor, at=self.at
        )

    def _by_link(self) -> Story:
        """Make a link that may be paid once, and pay it."""
        link = links.make_link_for(
            LinkRequest(
                merchant_id=self.counter.merchant.pk,
                amount_minor=15_600,
                currency=self.counter.market.plan.currency,
                description="Pu'er, one cake",
            ),
            actor=self.maker.actor,
            at=self.at,
            reason="Sold by phone",
        )
        link_payments.begin_payment(link.pk, at=self.at)
        payment_id = Payment.objects.get(link=link).pk
        self.counter.confirmed(payment_id, PaymentMethod.WECHAT_NATIVE)
        yield from self.counter.until_paid(payment_id, PaymentStatus.PAID)

    def _ask(self, parked_id: str, way: ResolutionWay) -> None:
        resolutions.request_resolution(
            parked_id, way=way, actor=self.maker.actor, at=self.at, reason="The payer called"
        )
