"""What of payments and refunds has not matured: the money that a refund draws on first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from payments.models import Refund


@dataclass(frozen=True, slots=True)
class Pending:
    """What has not matured of something, in minor units, and the day on which it does."""

    minor: int
    available_on: date


def pending_for(refund: Refund, allocation_ids: Sequence[str]) -> dict[str, Pending]:
    """Return what is still pending of what a refund gives back, by allocation."""
    if refund.capture_id is None:
        return pending_of_allocations(allocation_ids, currency=refund.currency)
    return pending_of_capture(refund.capture_id, allocation_ids, currency=refund.currency)


def pending_of_allocations(allocation_ids: Sequence[str], *, currency: str) -> dict[str, Pending]:
    """Return what is still pending of allocations after their refunds; others are left out."""
    return _pending(
        """SELECT a.id, sum(l.net_minor)::bigint, max(l.available_on)
           FROM payments_paymentallocation a
           JOIN payments_merchantaccount m ON m.merchant_id = a.merchant_id AND m.currency = %s
           CROSS JOIN LATERAL (
             SELECT a.id UNION ALL
             SELECT r.id FROM payments_refundallocation r WHERE r.allocation_id = a.id
           ) AS own (id)
           JOIN payments_balancetransaction l
             ON l.source = own.id AND l.available_on > m.matured_through_date
           WHERE a.id = ANY(%s)
           GROUP BY a.id""",
        [currency, list(allocation_ids)],
    )


def pending_of_capture(
    capture_id: str, allocation_ids: Sequence[str], *, currency: str
) -> dict[str, Pending]:
    """Return what is still pending of a capture's shares after its refunds, by allocation.

    Each capture matures on a day of its own, so what another one brought is not counted.
    """
    return _pending(
        """SELECT s.allocation_id, sum(own.net_minor)::bigint, max(own.available_on)
           FROM payments_captureshare s
           JOIN payments_paymentallocation a ON a.id = s.allocation_id
           JOIN payments_merchantaccount m ON m.merchant_id = a.merchant_id AND m.currency = %s
           CROSS JOIN LATERAL (
             SELECT l.net_minor, l.available_on
             FROM ledger_journalentry e
             JOIN payments_balancetransaction l ON l.entry_id = e.id AND l.source = a.id
             WHERE e.source IN (s.id || ':captured', s.id || ':reserve_held')
             UNION ALL
             SELECT l.net_minor, l.available_on
             FROM payments_refundallocation r
             JOIN payments_refund f ON f.id = r.refund_id AND f.capture_id = s.capture_id
             JOIN payments_balancetransaction l ON l.source = r.id
             WHERE r.allocation_id = a.id
           ) AS own
           WHERE s.capture_id = %s AND s.allocation_id = ANY(%s)
             AND own.available_on > m.matured_through_date
           GROUP BY s.allocation_id""",
        [currency, capture_id, list(allocation_ids)],
    )


def pending_of_parts(part_ids: Sequence[str], *, currency: str) -> dict[str, Pending]:
    """Return what refund allocations took of money that is still pending; others are left out."""
    return _pending(
        """SELECT r.id, -sum(l.net_minor)::bigint, max(l.available_on)
           FROM payments_refundallocation r
           JOIN payments_paymentallocation a ON a.id = r.allocation_id
           JOIN payments_merchantaccount m ON m.merchant_id = a.merchant_id AND m.currency = %s
           JOIN payments_balancetransaction l
             ON l.source = r.id AND l.available_on > m.matured_through_date
           WHERE r.id = ANY(%s)
           GROUP BY r.id""",
        [currency, list(part_ids)],
    )


def _pending(statement: str, arguments: list[Any]) -> dict[str, Pending]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return {key: Pending(minor, on) for key, minor, on in cursor.fetchall()}
