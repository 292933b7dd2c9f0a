"""What workers do for settlements. Each reads its arguments, calls its action, may run twice."""

from datetime import date, datetime
from functools import partial

from ledger.actions import proofs
from ledger.jobs import task
from ledger.rounds import each
from payments import calendar
from payments.actions import holds, maturity
from payments.models import HoldCover, MerchantAccount
from payments.queries.calendar import BusinessDays, business_date_of
from settlements.actions import (
    opening_bookings,
    openings,
    payouts,
    settlements,
    take_backs,
    transfers,
)
from settlements.queries import integrity

RUN_ACTOR = "task:settlements.run"
EXPORT_ACTOR = "task:settlements.export"
OPENING_ACTOR = "task:settlements.book_opening"
EXPIRY_ACTOR = "task:settlements.expire"
PROOF_ACTOR = "task:settlements.prove"


@task("settlements.run", queue="runs")
def run(*, at: datetime) -> None:
    """Draft what is available on the business day of `at`, in every currency.

    What comes due that day matures first: a merchant is drafted once a day, with all of it.
    Openings that were left unfinished are booked further.
    """
    opening_bookings.defer_unfinished(at=at)
    day = business_date_of(at)
    for currency in (
        MerchantAccount.objects.order_by("currency").values_list("currency", flat=True).distinct()
    ):
        maturity.mature(currency=currency, business_date=day, actor=RUN_ACTOR, at=at)
        settlements.draft_settlements(currency=currency, business_date=day, actor=RUN_ACTOR, at=at)


@task("settlements.draft", queue="runs")
def draft(*, currency: str, business_date: str, actor: str, at: datetime) -> None:
    """Draft what is available on one business day in one currency, as a person asked."""
    settlements.draft_settlements(
        currency=currency, business_date=date.fromisoformat(business_date), actor=actor, at=at
    )


@task("settlements.send_payout")
def send_payout(*, payout_id: str, at: datetime) -> None:
    """Send a payout by transfer."""
    transfers.send_payout(payout_id, at=at)


@task("settlements.query_payout")
def query_payout(*, payout_id: str, at: datetime, is_notified: bool = False) -> None:
    """Ask a channel what became of a transfer, also of an ended one if the channel told us so."""
    transfers.query_payout(payout_id, at=at, is_notified=is_notified)


@task("settlements.resolve_payout")
def resolve_payout(*, subject: str, at: datetime) -> None:
    """Record what two people agreed became of a transfer."""
    transfers.resolve_payout(subject, at=at)


@task("settlements.janitor", is_round=True)
def janitor(*, at: datetime) -> None:
    """Have every transfer looked after that is due or whose sender died."""
    transfers.defer_due(at=at)


@task("settlements.expire", is_round=True)
def expire(*, at: datetime) -> None:
    """Take back what nobody decided on, or paid, in time at `at`."""
    ended = (take_backs.take_back_expired, openings.expire_openings)
    each(partial(one, actor=EXPIRY_ACTOR, at=at) for one in ended)


@task("settlements.prove", queue="care")
def prove(*, at: datetime) -> None:
    """Ask every law of the house, and record what came of it. A broken one stops all payouts."""
    report = integrity.verify()
    proofs.record_proof(report, actor=PROOF_ACTOR, at=at)
    if report.violations:
        broken = ", ".join(sorted({violation.law for violation in report.violations}))
        holds.hold_sending(
            HoldCover.PAYOUTS, actor=PROOF_ACTOR, at=at, reason=f"Laws are broken: {broken}"
        )


@task("settlements.export", queue="runs")
def export(*, bank_account_id: str, at: datetime) -> None:
    """Send all that waits at one bank account, in as many files as it takes.

    The bank carries them out on the day of `at`, or on the next day on which banks work.
    """
    day = business_date_of(at)
    execution_date = calendar.available_on(day, "T+0", BusinessDays(from_date=day))
    while payouts.export_payment_file(
        bank_account_id, execution_date=execution_date, actor=EXPORT_ACTOR, at=at
    ):
        pass


@task("settlements.book_opening", queue="runs")
def book_opening(*, opening_id: str, at: datetime) -> None:
    """Book opening balances that two people agreed to, or go on where it was left."""
    opening_bookings.book_opening(opening_id, actor=OPENING_ACTOR, at=at)
