"""The only row locks of payments.

Order: payment link, payment, attempt, refund, capture, void or manual entry, money in suspense,
operation, breaker, merchant accounts by their id. A channel account and its keys are locked alone.
"""

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Q

from ledger.states import ApprovalState
from payments.models import (
    Capture,
    ChannelAccount,
    ChannelBreaker,
    ChannelKeySet,
    ChannelOperation,
    DatabaseClock,
    ManualEntry,
    Merchant,
    MerchantAccount,
    MethodSwitch,
    ParkedMoney,
    Payment,
    PaymentAttempt,
    PaymentLink,
    Refund,
    RoutingRule,
    SendingHold,
    Void,
)
from payments.states import KeySetStatus


def locked_payment(payment_id: str) -> Payment:
    """Return the payment, locked until the transaction ends. Raises Payment.DoesNotExist."""
    return Payment.objects.select_for_update().get(pk=payment_id)


def locked_attempt(attempt_id: str) -> PaymentAttempt:
    """Return the attempt with its payment and operation, all three locked, in one question.

    In the order in which they are named here, so the payment first, as everywhere. Its channel
    account comes with it, not locked. Raises PaymentAttempt.DoesNotExist.
    """
    return (
        PaymentAttempt.objects.select_for_update(of=("payment", "self", "operation"))
        .select_related("payment", "operation", "channel_account")
        .get(pk=attempt_id)
    )


def hold_attempt(attempt_id: str) -> None:
    """Lock the attempt alone until the transaction ends. Raises PaymentAttempt.DoesNotExist.

    For who goes on to its operation, so that attempts and operations are locked in one order.
    """
    PaymentAttempt.objects.select_for_update().values_list("pk").get(pk=attempt_id)


def locked_refund(refund_id: str) -> Refund:
    """Return the refund with its payment, both locked, the payment first.

    Raises Refund.DoesNotExist.
    """
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = locked_payment(payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.payment = payment
    return refund


def locked_parked(parked_id: str) -> ParkedMoney:
    """Return money in suspense with its payment, both locked, the payment first.

    Its try comes with it, not locked. Raises ParkedMoney.DoesNotExist.
    """
    payment_id = ParkedMoney.objects.values_list("payment_id", flat=True).get(pk=parked_id)
    payment = locked_payment(payment_id)
    parked = (
        ParkedMoney.objects.select_for_update(of=("self",))
        .select_related("attempt__channel_account")
        .get(pk=parked_id)
    )
    parked.payment = payment
    return parked


def locked_capture(capture_id: str) -> Capture:
    """Return the capture with its payment, authorisation and operation; all but the third locked.

    The payment first, under whose lock its authorisations are. Raises Capture.DoesNotExist.
    """
    payment_id = Capture.objects.values_list("payment_id", flat=True).get(pk=capture_id)
    payment = locked_payment(payment_id)
    capture = (
        Capture.objects.select_for_update(of=("self", "operation"))
        .select_related("authorisation", "operation__channel_account")
        .get(pk=capture_id)
    )
    capture.payment = payment
    return capture


def locked_void(void_id: str) -> Void:
    """Return the void with its payment, authorisation and operation, locked as a capture is.

    Raises Void.DoesNotExist.
    """
    payment_id = Void.objects.values_list("payment_id", flat=True).get(pk=void_id)
    payment = locked_payment(payment_id)
    void = (
        Void.objects.select_for_update(of=("self", "operation"))
        .select_related("authorisation", "operation__channel_account")
        .get(pk=void_id)
    )
    void.payment = payment
    return void


def locked_manual_entry(manual_entry_id: str) -> ManualEntry:
    """Return the manual entry with its merchant's account, both locked, the entry first.

    Raises ManualEntry.DoesNotExist.
    """
    entry = ManualEntry.objects.select_for_update().get(pk=manual_entry_id)
    entry.merchant_account = locked_merchant_account(entry.merchant_account_id)
    return entry


def locked_operation(operation_id: str) -> ChannelOperation:
    """Return the operation, locked until the transaction ends.

    Raises ChannelOperation.DoesNotExist.
    """
    return ChannelOperation.objects.select_for_update().get(pk=operation_id)


def locked_breaker(channel_account_id: str) -> ChannelBreaker:
    """Return the breaker of an account, locked, with the database's clock as `machine_at`.

    Locked after orders and before accounts of the books. Raises ChannelBreaker.DoesNotExist.
    """
    return (
        ChannelBreaker.objects.select_for_update()
        .annotate(machine_at=DatabaseClock())
        .get(pk=channel_account_id)
    )


def locked_channel_account(account_id: str) -> ChannelAccount:
    """Return the channel account, locked. Raises ChannelAccount.DoesNotExist."""
    return ChannelAccount.objects.select_for_update(no_key=True).get(pk=account_id)


def locked_key_set(keys_id: str) -> ChannelKeySet:
    """Return the keys with their account, both locked. Raises ChannelKeySet.DoesNotExist."""
    keys = ChannelKeySet.objects.select_related("channel_account")
    return keys.select_for_update(no_key=True).get(pk=keys_id)


def locked_key_sets_over() -> Sequence[ChannelKeySet]:
    """Return replaced keys whose time is over, and proposed ones whose request has ended."""
    is_over = Q(status=KeySetStatus.FORMER, retires_at__lte=DatabaseClock())
    is_dead = Q(status=KeySetStatus.PROPOSED) & ~Q(approval__state=ApprovalState.PENDING)
    keys = ChannelKeySet.objects.filter(is_over | is_dead).order_by("pk")
    return list(keys.select_for_update(of=["self"], skip_locked=True))


def locked_former_keys(account_id: str) -> Sequence[ChannelKeySet]:
    """Return the replaced keys of an account that are still kept, locked in order of their ids."""
    keys = ChannelKeySet.objects.filter(channel_account=account_id, status=KeySetStatus.FORMER)
    return list(keys.select_for_update(no_key=True).order_by("pk"))


def locked_hold(hold_id: str) -> SendingHold:
    """Return the hold of sending, locked. Raises SendingHold.DoesNotExist."""
    return SendingHold.objects.select_for_update().get(pk=hold_id)


def locked_routing_rule(rule_id: str) -> RoutingRule | None:
    """Return the routing rule, locked, or None if there is none."""
    return RoutingRule.objects.select_for_update().filter(pk=rule_id).first()


def locked_link(link_id: str) -> PaymentLink:
    """Return the payment link with its merchant, it alone locked. Raises DoesNotExist."""
    links = PaymentLink.objects.select_related("merchant")
    return links.select_for_update(of=["self"]).get(pk=link_id)


def hold_single_use_link(of: Q) -> None:
    """Lock the link that may be paid once by which the payment that `of` chooses was begun.

    `of` is a condition on links, by their payments. Before that payment: under this lock nobody
    begins to pay by the link, and money of its payments is taken one after the other. A payment
    that no such link began locks nothing.
    """
    links = PaymentLink.objects.select_for_update(of=["self"]).filter(of, is_single_use=True)
    links.values_list("pk").first()


def locked_method_switch(switch_id: str) -> MethodSwitch | None:
    """Return the closed scene, locked, or None if there is none."""
    return MethodSwitch.objects.select_for_update().filter(pk=switch_id).first()


def locked_operation_of(subject: str) -> ChannelOperation | None:
    """Return the order that serves a subject, locked, or None if it has none."""
    return ChannelOperation.objects.select_for_update().filter(subject=subject).first()


def merchant_accounts_kept_still(
    merchant_ids: Sequence[str], *, currency: str
) -> dict[str, MerchantAccount]:
    """Return the accounts by merchant id, so that none matures before this transaction ends.

    A shared lock: payments of one merchant do not wait for each other here.
    """
    rows = MerchantAccount.objects.raw(
        """SELECT * FROM payments_merchantaccount
           WHERE merchant_id = ANY(%s) AND currency = %s ORDER BY id FOR SHARE""",
        [sorted(merchant_ids), currency],
    )
    return {row.merchant_id: row for row in rows}


def locked_merchant_accounts(
    merchant_ids: Collection[str], *, currency: str
) -> dict[str, MerchantAccount]:
    """Return the accounts by merchant id, locked in id order until the transaction ends.

    Under this lock nothing of these merchants matures, is settled or is refunded.
    """
    rows = (
        MerchantAccount.objects.select_for_update()
        .filter(merchant_id__in=merchant_ids, currency=currency)
        .order_by("id")
    )
    return {row.merchant_id: row for row in rows}


def locked_merchant_accounts_due(
    *, currency: str, business_date: date, limit: int, is_patient: bool
) -> Sequence[MerchantAccount]:
    """Return up to `limit` accounts that have not matured through the day, locked in id order.

    Accounts that another transaction holds are waited for, or by the impatient passed over.
    """
    return list(
        MerchantAccount.objects.select_for_update(skip_locked=not is_patient)
        .filter(currency=currency, matured_through_date__lt=business_date)
        .order_by("id")[:limit]
    )


def locked_merchant(merchant_id: str) -> Merchant:
    """Return the merchant, locked until the transaction ends. Raises Merchant.DoesNotExist."""
    return Merchant.objects.select_for_update().get(pk=merchant_id)


def locked_merchants_of_plan(name: str) -> Sequence[Merchant]:
    """Return the merchants on any version of a plan, locked in order of their ids."""
    merchants = Merchant.objects.select_for_update(of=("self",)).filter(fee_plan__name=name)
    return list(merchants.order_by("pk"))


def locked_merchant_account(account_id: int) -> MerchantAccount:
    """Return one merchant account, locked. Raises MerchantAccount.DoesNotExist."""
    return MerchantAccount.objects.select_for_update().get(pk=account_id)
