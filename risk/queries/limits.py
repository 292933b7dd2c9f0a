"""Which limits bind, and how much of them is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from risk.models import Limit, LimitCounter, LimitDeed, LimitSubject, LimitWindow
from risk.rules.amount import most_specific
from risk.rules.base import OWNER_KINDS, PLATFORM_ID, BindingLimit

# Asked for every payment that is confirmed; through the ORM the same question costs seven times.
_BINDING_LIMITS = """
    SELECT l.subject_kind, l."window", l.value_minor, l.subject_id <> '' AS is_own,
      l."window" = 'day' AND EXISTS (
        SELECT FROM risk_screening s
        WHERE s.subject = %(subject)s
          AND s.consumed @> jsonb_build_array(jsonb_build_object('subject_id',
                CASE l.subject_kind WHEN 'platform' THEN 'platform' ELSE %(owner_id)s END))
          AND NOT EXISTS (SELECT FROM risk_limitrelease r WHERE r.screening_id = s.id)
      ) AS is_counted
    FROM risk_limit l
    WHERE l.deed = %(deed)s AND l.currency = %(currency)s
      AND l.valid_from <= %(at)s AND (l.valid_until IS NULL OR l.valid_until > %(at)s)
      AND (l.subject_kind = 'platform'
           OR l.subject_kind = %(owner_kind)s AND l.subject_id IN ('', %(owner_id)s))
"""


@dataclass(frozen=True, slots=True)
class LimitStanding:
    """One limit in force for a subject, and what is used of it on one business day.

    `used_minor` is None where nothing is counted (per transaction). `is_own` tells the subject's
    own limit from a default.
    """

    currency: str
    window: LimitWindow
    value_minor: int
    used_minor: int | None
    is_own: bool

    @property
    def left_minor(self) -> int:
        """What may still go today; nothing when the limit was lowered below what is used."""
        return max(self.value_minor - (self.used_minor or 0), 0)


def binding_limits(
    *, deed: LimitDeed, owner_id: str | None, currency: str, subject: str, at: datetime
) -> tuple[BindingLimit, ...]:
    """Return the limits that bind one deed at an instant (UTC), in one query.

    `owner_id` is the payer of a payment (None when nobody knows) or the merchant of a
    settlement; `subject` is the deed's own id, by which earlier judgements of it are found.
    """
    owner_kind = OWNER_KINDS[deed] if owner_id else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _BINDING_LIMITS,
            {
                "deed": str(deed),
                "currency": currency,
                "at": at,
                "owner_kind": str(owner_kind),
                "owner_id": owner_id or "",
                "subject": subject,
            },
        )
        rows = cursor.fetchall()
    return most_specific(
        BindingLimit(
            subject_kind=kind,
            counter_id=_counter_id(kind, owner_id),
            window=window,
            value_minor=value_minor,
            is_own=is_own,
            is_counted=is_counted,
        )
        for kind, window, value_minor, is_own, is_counted in rows
    )


def standings(
    *, deed: LimitDeed, owner_id: str, business_date: date, at: datetime
) -> Sequence[LimitStanding]:
    """Return a payer's or merchant's limits in force and their use on a day, by currency.

    The day is one of BUSINESS_TIME_ZONE, `at` the instant of looking (UTC). The platform's own
    day is nobody else's business and is left out. Two queries.
    """
    candidates: dict[str, list[BindingLimit]] = {}
    binding = Q(subject_kind=LimitSubject.PLATFORM) | Q(
        subject_kind=OWNER_KINDS[deed], subject_id__in=["", owner_id]
    )
    for row in Limit.objects.in_force(at).filter(binding, deed=deed).order_by("currency"):
        limit = BindingLimit(
            subject_kind=row.subject_kind,
            counter_id=_counter_id(row.subject_kind, owner_id),
            window=row.window,
            value_minor=row.value_minor,
            is_own=row.subject_id != "",
        )
        candidates.setdefault(row.currency, []).append(limit)
    used = dict(
        LimitCounter.objects.filter(
            subject_id=owner_id, deed=deed, business_date=business_date
        ).values_list("currency", "used_minor")
    )
    return [
        LimitStanding(
            currency=currency,
            window=LimitWindow(limit.window),
            value_minor=limit.value_minor,
            used_minor=used.get(currency, 0) if limit.window == LimitWindow.DAY else None,
            is_own=limit.is_own,
        )
        for currency, of_currency in candidates.items()
        for limit in most_specific(of_currency)
        if limit.window == LimitWindow.TRANSACTION or limit.subject_kind != LimitSubject.PLATFORM
    ]


def _counter_id(subject_kind: str, owner_id: str | None) -> str:
    """Name the counter that a limit of this kind fills."""
    return PLATFORM_ID if subject_kind == LimitSubject.PLATFORM else owner_id or ""
