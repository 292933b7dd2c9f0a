"""Whose checkout page an address is, and what its payment waits for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payments.models import DatabaseClock, PayerSession, Payment, PaymentAttempt
from payments.queries.authorisations import Holding, holdings_of
from payments.states import LIVE_ATTEMPTS, AttemptStatus, PaymentStatus


class Stage(StrEnum):
    """What a payer is told on the checkout page; each says what to do next."""

    CHOOSE = "choose"
    PREPARING = "preparing"
    WAITING = "waiting"
    SWITCHING = "switching"
    CHECKING = "checking"
    REVIEW = "review"
    REFUSED = "refused"
    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"
    PAID = "paid"
    PAID_IN_PART = "paid_in_part"
    EXPIRED = "expired"
    CLOSED = "closed"
    LATE = "late"
    REFUNDED = "refunded"


MOVING = frozenset(
    {
        *(Stage.PREPARING, Stage.WAITING, Stage.SWITCHING),
        *(Stage.CHECKING, Stage.REVIEW, Stage.RELEASING),
    }
)
"""Stages that something else than the payer ends, and soon: the page looks again by itself."""

TRIES_MAX = 20
"""How many tries of a payment are looked at, the newest: who changes their mind oftener knows."""

_STAGES = {
    PaymentStatus.RISK_REVIEW: Stage.REVIEW,
    PaymentStatus.REJECTED: Stage.REFUSED,
    PaymentStatus.CLOSING: Stage.CHECKING,
    PaymentStatus.AUTHORIZED: Stage.HELD,
    PaymentStatus.PAID: Stage.PAID,
    PaymentStatus.CONFLICTED: Stage.LATE,
    PaymentStatus.PAID_LATE: Stage.LATE,
    PaymentStatus.REFUNDING_LATE: Stage.REFUNDED,
    PaymentStatus.REFUNDED_LATE: Stage.REFUNDED,
}
_STAGES_OF_TRY = {
    AttemptStatus.PREPARED: Stage.PREPARING,
    AttemptStatus.SENDING: Stage.PREPARING,
    AttemptStatus.AWAITING_PAYER: Stage.WAITING,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a payment has come: its stage, the try that is under way, and the last one.

    `has_left_one` tells whether a payer who chose another method may still hold what an earlier
    try gave them. `holding` is what a channel holds, or held, of money that is held first.
    `version` changes whenever the page would show something else.
    """

    stage: Stage
    live: PaymentAttempt | None
    last: PaymentAttempt | None
    has_left_one: bool = False
    holding: Holding | None = None

    @property
    def version(self) -> str:
        """Name what is shown."""
        has_answer = self.live is not None and bool(self.live.qr_code or self.live.payer_action)
        live = f"{self.live.id}:{has_answer}" if self.live else ""
        last = self.last.status if self.last else ""
        held = self.holding
        rest = f"{held.taken_minor}:{held.may_be_taken}:{held.has_ended}" if held else ""
        return f"{self.stage}:{live}:{last}:{rest}"

    @property
    def is_under_way(self) -> bool:
        """Tell whether it is not decided yet what becomes of the payment."""
        return self.stage in MOVING or self.stage == Stage.CHOOSE

    @property
    def moves(self) -> bool:
        """Tell whether the page should look again by itself."""
        return self.stage in MOVING or self.is_held

    @property
    def is_held(self) -> bool:
        """Tell whether money of the payer is held, which takes days: the page looks seldom."""
        holding = self.holding
        is_over = holding is None or holding.has_ended
        return self.stage in (Stage.HELD, Stage.PAID_IN_PART) and not is_over


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session, and whether it has ended by the database's clock; a payment link never has."""

    session: PayerSession
    is_over: bool


def session_of(token: str) -> FoundSession | None:
    """Return the session that an address names, with its payment, and whether it is over."""
    session = (
        PayerSession.objects.select_related("payment", "payer")
        .annotate(machine_at=DatabaseClock())
        .filter(token_sha256=digest_of(token))
        .first()
    )
    if session is None:
        return None
    has_ended = session.expires_at <= session.machine_at
    return FoundSession(session, is_over=session.payer_id is not None and has_ended)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a token or a browser's secret: 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).digest()


def progress_of(payment: Payment, *, at: datetime) -> Progress:
    """Return how far a payment has come at `at`, read anew."""
    attempts = list(payment.attempts.order_by("-created_at", "-id")[:TRIES_MAX])
    live = next((attempt for attempt in attempts if attempt.status in LIVE_ATTEMPTS), None)
    last = attempts[0] if attempts else None
    has_left_one = any(
        attempt.is_withdrawn and attempt.status == AttemptStatus.CLOSED for attempt in attempts
    )
    holding = holdings_of([payment]).get(payment.pk)
    stage = _stage_of_holding(payment, holding) or _stage(payment, live, at=at)
    return Progress(stage, live=live, last=last, has_left_one=has_left_one, holding=holding)


def _stage_of_holding(payment: Payment, holding: Holding | None) -> Stage | None:
    """Return the stage of a payment whose money was held first and no more is, or in part."""
    if holding is None:
        return None
    if payment.status == PaymentStatus.CLOSING:
        return Stage.RELEASING
    if payment.status == PaymentStatus.CLOSED:
        return Stage.RELEASED
    if payment.status == PaymentStatus.PAID and holding.is_taken_in_part:
        return Stage.PAID_IN_PART
    return None


def _stage(payment: Payment, live: PaymentAttempt | None, *, at: datetime) -> Stage:
    status = PaymentStatus(payment.status)
    if status in _STAGES:
        return _STAGES[status]
    is_expired = payment.expires_at <= at
    if status == PaymentStatus.CLOSED:
        return Stage.EXPIRED if is_expired else Stage.CLOSED
    if live is None:
        return Stage.EXPIRED if is_expired else Stage.CHOOSE
    if live.is_withdrawn:
        return Stage.SWITCHING
    if is_expired:
        return Stage.CHECKING
    return _STAGES_OF_TRY.get(AttemptStatus(live.status), Stage.CHECKING)
