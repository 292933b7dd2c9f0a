"""What is known of a deed before it is judged: lists, networks, and where the payer paid from."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from risk.locator import Place

# One question for all of it: it is asked at every confirm.
_STANDING = """
    SELECT
      coalesce((SELECT array_agg(DISTINCT b.kind ORDER BY b.kind) FROM risk_blocklistentry b
        WHERE b.ended_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > %(at)s)
          AND CASE b.kind
            WHEN 'address' THEN b.value::inet >>= %(address)s::inet
            WHEN 'payer' THEN b.value = %(payer_id)s
            ELSE b.value = %(account)s END), '{}') AS blocked,
      coalesce((SELECT array_agg(n.network ORDER BY n.network) FROM risk_boundnetwork n
        WHERE n.subject_id = %(owner_id)s AND n.ended_at IS NULL), '{}') AS networks,
      EXISTS (SELECT FROM risk_payeraddress k
        WHERE k.payer_id = %(payer_id)s AND k.address = %(address)s::inet) AS is_known,
      EXISTS (SELECT FROM risk_paymentpassword w
        WHERE w.owner_kind = 'payer' AND w.owner_id = %(payer_id)s) AS has_password,
      last.payer_id IS NOT NULL AS has_history, last.country, last.province
    FROM (SELECT) nothing LEFT JOIN LATERAL (
      SELECT a.payer_id, a.country, a.province FROM risk_payeraddress a
      WHERE a.payer_id = %(payer_id)s ORDER BY a.last_used_at DESC LIMIT 1) last ON true
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a deed's people and addresses stand with us; see `risk.rules.base.Facts`.

    `has_password`: the payer ever set a payment password; also after a reset nobody pays without.
    """

    blocked: tuple[str, ...]
    networks: tuple[str, ...]
    is_address_known: bool
    has_password: bool
    has_history: bool
    last_place: Place | None


def standing(
    *,
    payer_id: str | None,
    owner_id: str | None,
    client_ip: str | None,
    account_index: bytes | None,
    at: datetime,
) -> Standing:
    """Return how everybody in a deed stands at an instant (UTC), in one query.

    `owner_id` is the payer of a payment or the merchant of a settlement, whose networks count.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDING,
            {
                "at": at,
                "address": client_ip,
                "payer_id": payer_id,
                "owner_id": owner_id,
                "account": None if account_index is None else account_index.hex(),
            },
        )
        blocked, networks, is_known, has_password, has_history, country, province = (
            cursor.fetchone()
        )
    return Standing(
        blocked=tuple(blocked),
        networks=tuple(networks),
        is_address_known=is_known,
        has_password=has_password,
        has_history=has_history,
        last_place=Place(country, province) if country else None,
    )
