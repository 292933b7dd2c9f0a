"""What workers do for payments. Each reads its arguments, calls one action, and may run twice."""

from datetime import datetime
from functools import partial

from ledger.jobs import task
from ledger.rounds import each
from payments.actions import (
    attempts,
    authorisations,
    capture_orders,
    channel_calls,
    channel_certificates,
    channel_keys,
    closing,
    examinations,
    manual_entries,
    maturity,
    notification_care,
    notifications,
    refund_expiry,
    refund_orders,
    refund_submissions,
    remedy_expiry,
    restores,
    void_orders,
)
from payments.models import MerchantAccount
from payments.queries.calendar import business_date_of


@task("payments.send_attempt")
def send_attempt(*, attempt_id: str, at: datetime) -> None:
    """Place a prepared order at its channel."""
    attempts.send_attempt(attempt_id, at=at)


@task("payments.query_attempt")
def query_attempt(*, attempt_id: str, at: datetime, is_notified: bool = False) -> None:
    """Ask a channel what became of an order, also of an ended one if the channel told us so."""
    attempts.query_attempt(attempt_id, at=at, is_notified=is_notified)


@task("payments.janitor", is_round=True)
def janitor(*, at: datetime) -> None:
    """Have every order looked after that is due or whose sender died, and what nobody judged."""
    looked_after = (
        attempts.defer_due,
        refund_orders.defer_due,
        capture_orders.defer_due,
        void_orders.defer_due,
        notifications.judge_left,
    )
    each(partial(one, at=at) for one in looked_after)


@task("payments.look_back", is_round=True)
def look_back(*, at: datetime) -> None:
    """Hold everything back if this database was restored from an older backup."""
    restores.look_back(at=at)


@task("payments.expire", is_round=True)
def expire(*, at: datetime) -> None:
    """End what nobody may pay, take or decide on any more at `at`."""
    ended = (
        closing.expire_payments,
        authorisations.expire_authorisations,
        manual_entries.expire_manual_entries,
        refund_expiry.expire_refunds,
        remedy_expiry.expire_remedies,
    )
    each(partial(one, actor="task:payments.expire", at=at) for one in ended)


@task("payments.mature", queue="runs", is_round=True)
def mature(*, at: datetime) -> None:
    """Make available what is due on the business day of `at`, in every currency."""
    for currency in (
        MerchantAccount.objects.order_by("currency").values_list("currency", flat=True).distinct()
    ):
        maturity.mature(
            currency=currency,
            business_date=business_date_of(at),
            actor="task:payments.mature",
            at=at,
        )


@task("payments.send_refund")
def send_refund(*, refund_id: str, at: datetime) -> None:
    """Place the order of a funded refund at its channel, when it is its turn."""
    refund_orders.send_refund(refund_id, at=at)


@task("payments.query_refund")
def query_refund(*, refund_id: str, at: datetime, is_notified: bool = False) -> None:
    """Ask a channel what became of a refund."""
    refund_orders.query_refund(refund_id, at=at, is_notified=is_notified)


@task("payments.send_capture")
def send_capture(*, capture_id: str, at: datetime) -> None:
    """Place the order of a capture at its channel."""
    capture_orders.send_capture(capture_id, at=at)


@task("payments.query_capture")
def query_capture(*, capture_id: str, at: datetime, is_notified: bool = False) -> None:
    """Ask a channel what became of a capture."""
    capture_orders.query_capture(capture_id, at=at, is_notified=is_notified)


@task("payments.send_void")
def send_void(*, void_id: str, at: datetime) -> None:
    """Place the order to give an authorisation back at its channel."""
    void_orders.send_void(void_id, at=at)


@task("payments.query_void")
def query_void(*, void_id: str, at: datetime, is_notified: bool = False) -> None:
    """Ask a channel what became of giving an authorisation back."""
    void_orders.query_void(void_id, at=at, is_notified=is_notified)


@task("payments.resolve_attempt")
def resolve_attempt(*, subject: str, at: datetime) -> None:
    """Record what two people agreed became of an order for a payment."""
    attempts.resolve_attempt(subject, at=at)


@task("payments.resolve_refund")
def resolve_refund(*, subject: str, at: datetime) -> None:
    """Record what two people agreed became of an order for a refund."""
    refund_orders.resolve_refund(subject, at=at)


@task("payments.resolve_capture")
def resolve_capture(*, subject: str, at: datetime) -> None:
    """Record what two people agreed became of an order to take what was held."""
    capture_orders.resolve_capture(subject, at=at)


@task("payments.resolve_void")
def resolve_void(*, subject: str, at: datetime) -> None:
    """Record what two people agreed became of an order to give back what was held."""
    void_orders.resolve_void(subject, at=at)


@task("payments.fund_refunds", is_round=True)
def fund_refunds(*, at: datetime) -> None:
    """Try again to fund the refunds that wait for their merchants' money."""
    refund_submissions.fund_waiting(actor="task:payments.fund_refunds", at=at)


@task("payments.reverify_notifications", queue="care")
def reverify_notifications(*, channel_account_id: str, at: datetime) -> None:
    """Judge again what was refused of one channel account, after its keys have changed."""
    notification_care.reverify_refused(channel_account_id, at=at)


@task("payments.forget_notifications", queue="care")
def forget_notifications(*, at: datetime) -> None:
    """Forget what was refused long ago."""
    notification_care.forget_refused()


@task("payments.retire_keys", queue="care")
def retire_keys(*, at: datetime) -> None:
    """Destroy the secrets of replaced channel keys whose time is over."""
    channel_keys.retire_keys(actor="task:payments.retire_keys", at=at)


@task("payments.refresh_certificates", queue="care")
def refresh_certificates(*, at: datetime) -> None:
    """Fetch the certificates that WeChat Pay signs with now and soon."""
    channel_certificates.refresh_certificates(at=at)


@task("payments.forget_calls", queue="care")
def forget_calls(*, at: datetime) -> None:
    """Forget how channels answered long ago."""
    channel_calls.forget_calls()


@task("payments.examine_account", queue="care")
def examine_account(*, channel_account_id: str, actor: str, at: datetime) -> None:
    """Examine a channel account, and keep what was found."""
    examinations.examine_and_keep(channel_account_id, actor=actor, at=at)


@task("payments.examine_all", queue="care")
def examine_all(*, at: datetime) -> None:
    """Have every channel account examined that is switched on."""
    examinations.request_all(actor="task:payments.examine_all", at=at)


@task("payments.fetch_certificates", queue="care")
def fetch_certificates(*, channel_account_id: str, at: datetime) -> None:
    """Fetch the certificates of one account, as a message named one that we do not have."""
    channel_certificates.fetch_certificates(channel_account_id, at=at)
