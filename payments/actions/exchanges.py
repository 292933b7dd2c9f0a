"""An exchange with a channel about one order: claim it, speak, record what came back.

Each is two transactions with the call between them; no network inside a transaction. What is said
and what an outcome means belongs to the noun that the order serves: an attempt, a refund, a payout.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from ledger import jobs
from ledger.errors import DecryptionError
from ledger.fault_points import fault_point
from payments.actions import operations
from payments.actions.gateways import GATEWAY_REFUSALS
from payments.actions.operations import Lease
from payments.actions.order_courses import QUERY_DELAYS, is_at_rest, tells_nothing
from payments.channels import registry
from payments.channels.base import (
    NO_KEYS,
    ChannelConfigurationError,
    Outcome,
    OutcomeKind,
)
from payments.models import ChannelOperation, DatabaseClock, OperationKind
from payments.states import OperationStatus

DUE_MAX = 500
"""How many orders of one kind the janitor has looked after at a time."""

_INTENDED = fault_point("exchange.intended")
_ANSWERED = fault_point("exchange.answered")
_RECORDED = fault_point("exchange.recorded")
_ASKING = fault_point("exchange.asking")
_ASKED = fault_point("exchange.asked")
_LEARNED = fault_point("exchange.learned")
_RESENDING = fault_point("exchange.resending")


class Recording(Protocol):
    """Write an outcome down, in one durable transaction with what it means for the noun."""

    def __call__(
        self, subject: str, /, *, lease: Lease, outcome: Outcome, at: datetime
    ) -> ChannelOperation:
        """Return the operation as it is now. Raises LeaseLostError; nothing is written then."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one noun speaks to channels about its orders.

    `noun` names its jobs: workers know `<room>.send_<noun>` and `<room>.query_<noun>`, by
    `<noun>_id`. `place` and `ask` are given the subject and `at`, and call the channel outside of
    any transaction. `claimed` mirrors that an order is being sent, in the transaction of the claim;
    `hold` locks before the order what `claimed` will change, in the order in which all lock them.
    `may_go` is asked in the transaction of each claim to send, or to send again, and locks what it
    decides by: an order that may not go yet stays as it is.
    `kept_back` is told of an order that could not be claimed to be sent, after that transaction:
    it may wait for a line that is dead or held back.
    `go_on` may do at the channel what its answer to a question asks for, under the question's
    lease, and says what is to be recorded of both.
    An order that the channel does not know is placed again, under the same number, once
    CHANNEL_SETTLE_WINDOW_SECONDS have passed since it was last sent (R5): at once for those that
    move no money, and never by itself where a channel does not tell repetitions apart. One that
    waits for its payer, as the channel has just said, is placed again too where the answer was
    lost by which they pay (`is_lost`): the channel gives it again.
    """

    noun: str
    place: Callable[[str, datetime], Outcome]
    ask: Callable[[str, datetime], Outcome]
    record: Recording
    claimed: Callable[[str], None] | None = None
    hold: Callable[[str], None] | None = None
    may_go: Callable[[str, datetime], bool] | None = None
    kept_back: Callable[[str, datetime], None] | None = None
    go_on: Callable[[str, Lease, Outcome], Outcome] | None = None
    is_lost: Callable[[str], bool] | None = None
    room: str = "payments"

    def send(self, subject: str, *, at: datetime) -> None:
        """Place a prepared order. Sending twice is impossible: what was sent is asked about."""
        lease = self._claim_to_send(subject, at=at)
        if lease is not None:
            self.place_claimed(subject, lease=lease, at=at)
        elif self.kept_back is not None:
            self.kept_back(subject, at)

    def query(self, subject: str, *, at: datetime, is_notified: bool = False) -> None:
        """Ask the channel what became of an order, and believe only that answer. Idempotent.

        Who finds somebody else speaking asks when they are done: what made us ask may have
        happened after they were answered. When the channel told us something (`is_notified`) an
        order that has ended is asked about too, until there is an answer.
        """
        lease = _claim_to_ask(subject, is_notified=is_notified)
        if lease is None:
            self._ask_later(subject, is_notified=is_notified, at=at)
            return
        _ASKING()
        outcome = timed(self.ask, subject, at)
        _ASKED()
        if self.go_on is not None:
            outcome = self.go_on(subject, lease, outcome)
        operation = self.record(subject, lease=lease, outcome=outcome, at=at)
        _LEARNED()
        if is_notified and is_at_rest(operation) and tells_nothing(outcome):
            self._ask_ended_again(operation, at=at)
        is_waiting = outcome.kind is OutcomeKind.AWAITING_PAYER and self._has_lost(operation)
        if (is_waiting or operations.is_unplaced(operation)) and _may_be_repeated(operation):
            again = self._claim_to_resend(operation, is_waiting=is_waiting, at=at)
            if again is not None:
                _RESENDING()
                self.place_claimed(subject, lease=again, at=at)

    @transaction.atomic(durable=True)
    def have_looked_after(self, due: Sequence[ChannelOperation], *, at: datetime) -> int:
        """Have orders sent that wait to be, and others asked about; return how many.

        The janitor's deed: an order of which a job waits already is not given another one.
        """
        for operation in due:
            verb = "send" if operation.status == OperationStatus.PREPARED else "query"
            arguments: dict[str, Any] = {f"{self.noun}_id": operation.subject}
            jobs.defer(
                f"{self.room}.{verb}_{self.noun}",
                at=at,
                queueing_lock=f"{operation.pk}:{verb}",
                **arguments,
            )
        return len(due)

    def place_claimed(self, subject: str, *, lease: Lease, at: datetime) -> None:
        """Place an order whose lease is held and committed, and record the answer.

        Who was paused for too long says nothing: it may have become somebody else's to ask about,
        as the janitor has it done once the lease is over.
        """
        _INTENDED()
        if not operations.may_still_send(lease):
            return
        outcome = timed(self.place, subject, at)
        _ANSWERED()
        self.record(subject, lease=lease, outcome=outcome, at=at)
        _RECORDED()

    def _has_lost(self, operation: ChannelOperation) -> bool:
        """Tell whether an order waits for a payer who was never given anything to pay by."""
        return (
            self.is_lost is not None
            and operation.status == OperationStatus.AWAITING_PAYER
            and self.is_lost(operation.subject)
        )

    @transaction.atomic(durable=True)
    def _claim_to_send(self, subject: str, *, at: datetime) -> Lease | None:
        """Take the lease, committed before anything leaves the house."""
        if self.hold is not None:
            self.hold(subject)
        if self.may_go is not None and not self.may_go(subject, at):
            return None
        lease = operations.claim_to_send(subject)
        if lease is not None and self.claimed is not None:
            self.claimed(subject)
        return lease

    @transaction.atomic(durable=True)
    def _claim_to_resend(
        self, operation: ChannelOperation, *, is_waiting: bool, at: datetime
    ) -> Lease | None:
        """Take the right to repeat an order, as it was when its channel answered."""
        if self.may_go is not None and not self.may_go(operation.subject, at):
            return None
        return operations.claim_to_resend(
            operation.subject,
            settle_window=_settle_window_of(operation),
            sent_times=operation.sends,
            is_waiting=is_waiting,
        )

    @transaction.atomic(durable=True)
    def _ask_later(self, subject: str, *, is_notified: bool, at: datetime) -> None:
        free_at = operations.free_at(subject, is_notified=is_notified)
        if free_at is not None:
            lock = "told" if is_notified else "again"
            self._defer(subject, lock, due_at=free_at, is_notified=is_notified, at=at)

    @transaction.atomic(durable=True)
    def _ask_ended_again(self, operation: ChannelOperation, *, at: datetime) -> None:
        """Ask again later what nobody else would ask: the janitor leaves what has ended alone.

        Under a lock of its own: what waits for tomorrow is no reason not to ask now.
        """
        delay = QUERY_DELAYS[min(operation.queries, len(QUERY_DELAYS) - 1)]
        due_at = (
            ChannelOperation.objects.filter(pk=operation.pk)
            .values_list(DatabaseClock() + delay, flat=True)
            .get()
        )
        self._defer(operation.subject, "later", due_at=due_at, is_notified=True, at=at)

    def _defer(
        self, subject: str, lock: str, *, due_at: datetime, is_notified: bool, at: datetime
    ) -> None:
        arguments: dict[str, Any] = {f"{self.noun}_id": subject}
        if is_notified:
            arguments["is_notified"] = True
        # Each has its lock: a plain question that waits is no reason to forget what we were told.
        jobs.defer(
            f"{self.room}.query_{self.noun}",
            at=at,
            due_at=due_at,
            queueing_lock=f"{subject}:{lock}",
            **arguments,
        )


def timed(speak: Callable[[str, datetime], Outcome], subject: str, at: datetime) -> Outcome:
    """Call a channel, and note how many milliseconds it took by this machine.

    An account whose keys cannot be used, or whose gateway may not be spoken to from here, says so
    before a byte leaves. That is trouble of its line like any other, and no reason for its orders
    to be stuck: they wait, or go elsewhere, and its breaker tells people why.
    """
    began = time.monotonic()
    try:
        outcome = speak(subject, at)
    except (ChannelConfigurationError, DecryptionError, *GATEWAY_REFUSALS) as error:
        return Outcome(OutcomeKind.NOT_SENT, code=NO_KEYS, message=str(error))
    return replace(outcome, millis=int((time.monotonic() - began) * 1_000))


def _settle_window_of(operation: ChannelOperation) -> timedelta:
    """Return how long an order that moves money is left to a channel that may not know it."""
    window = timedelta(seconds=settings.CHANNEL_SETTLE_WINDOW_SECONDS)
    if operation.kind == OperationKind.PAY or not window:
        return timedelta(0)
    return max(window, registry.TRAITS[operation.channel_account.channel].settle_window)


def _may_be_repeated(operation: ChannelOperation) -> bool:
    """Tell whether the same number moves money once there; where not, people look in the end."""
    return registry.TRAITS[operation.channel_account.channel].deduplicates


@transaction.atomic(durable=True)
def _claim_to_ask(subject: str, *, is_notified: bool) -> Lease | None:
    return operations.claim_to_ask(subject, is_notified=is_notified)
