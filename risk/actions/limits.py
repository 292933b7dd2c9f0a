"""Set limits, use them, and give back what was used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from ledger.actions.audit import record_audit
from ledger.errors import AmountError
from ledger.money import exponent
from payments.models import Merchant, Payer
from risk import locks
from risk.errors import LimitConflictError, LimitNotJudgedError, LimitSubjectError
from risk.models import (
    Limit,
    LimitCounter,
    LimitDeed,
    LimitRelease,
    LimitSubject,
    LimitWindow,
    Screening,
)
from risk.models.limits import LIMIT_MINOR_MAX
from risk.rules.base import OWNER_KINDS, PLATFORM_ID, BindingLimit

NO_LIMIT_MINOR = 2**63 - 1
"""What no counter reaches: the largest that one holds."""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """What a counter answered: how much of the limit is used now, or that it refused."""

    limit: BindingLimit
    used_minor: int
    is_refused: bool


@transaction.atomic(durable=True)
def set_limit(
    *,
    deed: LimitDeed,
    subject_kind: LimitSubject,
    subject_id: str = "",
    window: LimitWindow,
    currency: str,
    value_minor: int,
    actor: str,
    at: datetime,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> Limit:
    """Put a limit in force from `at` (UTC) on, and end the one that it replaces.

    Without a `subject_id` it is the default of its kind. What is used today stays used. Setting
    the value that is in force already changes nothing and returns that row.

    Raises AmountError and UnknownCurrencyError, LimitNotJudgedError if no such deed is judged by
    such a limit, LimitSubjectError if the subject does not exist, LimitConflictError if somebody
    else set it at the same moment or from a later one on.
    """
    exponent(currency)
    if not 0 <= value_minor <= LIMIT_MINOR_MAX:
        raise AmountError
    _require_judged(deed, subject_kind, subject_id)
    address = {
        "deed": deed,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "window": window,
        "currency": currency,
    }
    old = locks.locked_open_limit(address)
    if old is not None and old.value_minor == value_minor:
        return old
    if old is not None and old.valid_from > at:
        raise LimitConflictError

    limit = _replace(old, Limit(**address, value_minor=value_minor, valid_from=at))
    record_audit(
        action="limit.set",
        subject=f"limit:{limit.pk}",
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={} if old is None else {"id": old.pk, "value_minor": old.value_minor},
        after={**address, "value_minor": value_minor},
    )
    return limit


def consume(
    limits: Sequence[BindingLimit],
    *,
    deed: str,
    currency: str,
    amount_minor: int,
    business_date: date,
) -> list[LimitUse]:
    """Count an amount against all these limits, or against none of them. A part; one statement.

    Returns the use of each limit, or the one that refused. The counters stay locked until the
    transaction ends, so it is exact however many try at once. Who judges several deeds in one
    transaction does so in the order of their owners' ids, or two such would deadlock.

    Raises AmountError if the amount is not above zero: that would give limits back.
    """
    assert connection.in_atomic_block, "consume is a part; open a transaction around it"
    if amount_minor <= 0:
        raise AmountError
    if not limits:
        return []
    by_counter = {limit.counter_id: limit for limit in limits}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counter_id, used_minor, is_refused"
            " FROM risk_consume_limits(%s::text[], %s::bigint[], %s, %s, %s, %s)",
            [
                list(by_counter),
                [limit.value_minor for limit in by_counter.values()],
                str(deed),
                currency,
                business_date,
                amount_minor,
            ],
        )
        answers = cursor.fetchall()
    return [
        LimitUse(by_counter[counter_id], used_minor, is_refused)
        for counter_id, used_minor, is_refused in answers
    ]


def give_back(screening: Screening, *, at: datetime) -> bool:
    """Give back what one judgement used, once: a second call changes nothing. A part.

    Returns whether this call gave it back. For deeds that failed for certain; what is unknown
    stays counted.
    """
    assert connection.in_atomic_block, "give_back is a part; open a transaction around it"
    _release, is_first = LimitRelease.objects.get_or_create(
        screening=screening, defaults={"at": at}
    )
    if not is_first:
        return False
    for use in sorted(screening.consumed, key=itemgetter("subject_id")):
        emptied = LimitCounter.objects.filter(
            subject_id=use["subject_id"],
            deed=screening.deed,
            currency=use["currency"],
            business_date=use["business_date"],
        ).update(used_minor=F("used_minor") - use["amount_minor"])
        assert emptied == 1, "counters are never deleted"
    return True


def consume_again(screenings: Sequence[Screening], *, business_date: date) -> list[LimitUse]:
    """Fill the counters that these judgements of one deed filled, whatever the limits. A part.

    Each once, with the deed's amount, on this day.
    """
    deed, facts = screenings[-1].deed, screenings[-1].facts
    counter_ids = {use["subject_id"] for screening in screenings for use in screening.consumed}
    counters = [
        BindingLimit(
            subject_kind=_kind_of(counter_id, deed),
            counter_id=counter_id,
            window=LimitWindow.DAY,
            value_minor=NO_LIMIT_MINOR,
        )
        for counter_id in sorted(counter_ids)
    ]
    return consume(
        counters,
        deed=deed,
        currency=facts["currency"],
        amount_minor=facts["amount_minor"],
        business_date=business_date,
    )


def _kind_of(counter_id: str, deed: str) -> LimitSubject:
    return LimitSubject.PLATFORM if counter_id == PLATFORM_ID else OWNER_KINDS[LimitDeed(deed)]


def _require_judged(deed: LimitDeed, subject_kind: LimitSubject, subject_id: str) -> None:
    """Refuse a limit that would bind nobody."""
    if subject_kind not in {LimitSubject.PLATFORM, OWNER_KINDS[deed]}:
        raise LimitNotJudgedError(deed=deed.label, subject=subject_kind.label)
    if subject_id and not _exists(subject_kind, subject_id):
        raise LimitSubjectError(subject=subject_id)


def _exists(subject_kind: LimitSubject, subject_id: str) -> bool:
    """Tell whether there is such a payer or merchant; of the platform there are no more."""
    if subject_kind == LimitSubject.PAYER:
        return Payer.objects.filter(pk=subject_id).exists()
    if subject_kind == LimitSubject.MERCHANT:
        return Merchant.objects.filter(pk=subject_id).exists()
    return False


def _replace(old: Limit | None, new: Limit) -> Limit:
    """End the old limit where the new one begins."""
    if old is not None:
        old.valid_until = new.valid_from
        old.save(update_fields=["valid_until"])
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError as error:
        # The first limit of its address has no row to lock: the unique index decides who wins.
        raise LimitConflictError from error
    return new
