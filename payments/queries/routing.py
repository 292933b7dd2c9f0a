"""Which channel account takes a payment: by the rules in force, else the oldest that can."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    HoldCover,
    Payment,
    RoutingRule,
    SendingHold,
)
from payments.queries.methods import accounts_taking


def account_for(
    method: str, *, currency: str, payment: Payment | None = None, at: datetime | None = None
) -> ChannelAccount | None:
    """Return the account that a payment goes to, None when no account takes the method.

    The first rule in force that fits decides, by priority; after all rules come the accounts by
    age. An account whose line is dead, or that is held back, is passed over for one that is not.
    Without a payment it only tells whether there is one.
    """
    free, stopped = _in_order(method, currency=currency, payment=payment, at=at)
    return next(iter([*free, *stopped]), None)


def other_account_for(payment: Payment, *, at: datetime) -> ChannelAccount | None:
    """Return the next account that takes a payment by its method and was never tried for it.

    None when there is none whose line lives and that is not held back.
    """
    tried = set(payment.attempts.values_list("channel_account_id", flat=True))
    free, _stopped = _in_order(payment.method, currency=payment.currency, payment=payment, at=at)
    return next((account for account in free if account.pk not in tried), None)


def _in_order(
    method: str, *, currency: str, payment: Payment | None, at: datetime | None
) -> tuple[list[ChannelAccount], list[ChannelAccount]]:
    """Return the accounts in the order in which they take a payment: the free, the stopped."""
    accounts: list[Any] = list(
        accounts_taking(method, currency=currency).annotate(is_stopped=is_stopped())
    )
    if len(accounts) > 1 and payment is not None and at is not None:
        known = {account.pk: account for account in accounts}
        wanted = [known[pk] for pk in _targets(payment, method, at=at) if pk in known]
        accounts = [*wanted, *accounts]
    free = [account for account in accounts if not account.is_stopped]
    return free, [account for account in accounts if account.is_stopped]


def is_stopped() -> Q:
    """Tell of a channel account whether its line is dead or held back. A look; it locks nothing."""
    return Q(Exists(_dead())) | Q(Exists(_held()))


def rule_payload(rule: RoutingRule) -> dict[str, Any]:
    """Return what two people agree to when a rule comes into force: all that it says."""
    return {
        "rule": rule.pk,
        "priority": rule.priority,
        "merchant": rule.merchant_id or "",
        "method": rule.method,
        "currency": rule.currency,
        "from_minor": rule.from_minor,
        "to_minor": rule.to_minor,
        "starts_at": rule.starts_at.isoformat() if rule.starts_at else "",
        "ends_at": rule.ends_at.isoformat() if rule.ends_at else "",
        "channel_account": rule.channel_account_id,
    }


def _targets(payment: Payment, method: str, *, at: datetime) -> Sequence[str]:
    """Return where the rules send a payment, the first that fits first."""
    time_of_day = at.astimezone(ZoneInfo(str(settings.BUSINESS_TIME_ZONE))).time()
    within = Q(starts_at__lte=time_of_day, ends_at__gt=time_of_day)
    over_midnight = Q(starts_at__gt=F("ends_at")) & (
        Q(starts_at__lte=time_of_day) | Q(ends_at__gt=time_of_day)
    )
    others = payment.allocations.exclude(merchant_id=OuterRef("merchant_id"))
    theirs = payment.allocations.filter(merchant_id=OuterRef("merchant_id"))
    rules = RoutingRule.objects.filter(
        Q(method="") | Q(method=method),
        Q(to_minor=None) | Q(to_minor__gt=payment.amount_minor),
        Q(starts_at=None) | within | over_midnight,
        Q(merchant_id=None) | (Exists(theirs) & ~Exists(others)),
        is_enabled=True,
        currency=payment.currency,
        from_minor__lte=payment.amount_minor,
    )
    return list(rules.order_by("priority", "pk").values_list("channel_account_id", flat=True))


def _dead() -> QuerySet[ChannelBreaker]:
    return ChannelBreaker.objects.filter(pk=OuterRef("pk"), opened_at__isnull=False)


def _held() -> QuerySet[SendingHold]:
    return SendingHold.objects.filter(
        Q(channel_account_id=None) | Q(channel_account_id=OuterRef("pk")),
        covers=HoldCover.EVERYTHING,
        released_at=None,
    )
