"""Bookings by hand, asked for by one person and agreed to by another, through the actions."""

from datetime import datetime

from ledger.actions.approvals import Decider, digest_of
from payments.actions import manual_entries
from payments.actions.manual_entries import ManualEntryRequest
from payments.models import REASONS, ManualEntry, ManualEntryKind, Merchant, ReserveHold
from payments.queries.manual_entries import manual_entry_payload
from tests.factories.terms import give_account_terms
from tests.instants import NOON

MAKER = "user:1"
CHECKER = Decider("user:2", client_ip="203.0.113.9", request_id="req_2", second_factor="totp")


def manual_request(
    kind: str, merchant: Merchant, amount_minor: int, **other: object
) -> ManualEntryRequest:
    """Put together what somebody asks for, with the first reason of its kind."""
    asked: dict[str, object] = {
        "kind": ManualEntryKind(kind),
        "merchant_id": merchant.pk,
        "currency": "CNY",
        "amount_minor": amount_minor,
        "reason_code": REASONS[ManualEntryKind(kind)][0].value,
        "note": "Ticket 4711",
        **other,
    }
    return ManualEntryRequest(**asked)  # type: ignore[arg-type]


def asked_by_hand(
    kind: str, merchant: Merchant, amount_minor: int, *, at: datetime = NOON, **other: object
) -> ManualEntry:
    """Ask for a booking by hand; nobody has agreed yet."""
    request = manual_request(kind, merchant, amount_minor, **other)
    return manual_entries.request_manual_entry(request, actor=MAKER, at=at)


def agreed_by_hand(
    entry: ManualEntry, *, decider: Decider = CHECKER, at: datetime = NOON
) -> ManualEntry:
    """Agree to what is asked as it stands now."""
    digest = digest_of(manual_entry_payload(ManualEntry.objects.get(pk=entry.pk)))
    return manual_entries.approve_manual_entry(
        entry.pk, shown_digest=digest, decider=decider, at=at
    )


def booked_by_hand(
    kind: str, merchant: Merchant, amount_minor: int, *, at: datetime = NOON, **other: object
) -> ManualEntry:
    """Have one person ask for a booking by hand and another one agree to it."""
    return agreed_by_hand(asked_by_hand(kind, merchant, amount_minor, at=at, **other), at=at)


def reserved_by_hand(merchant: Merchant, amount_minor: int, *, at: datetime = NOON) -> ReserveHold:
    """Put available money into the reserve; return what holds it."""
    entry = booked_by_hand("reserve_hold", merchant, amount_minor, at=at)
    return ReserveHold.objects.get(entry_id=entry.entry_id)


def with_reserve_terms(
    merchant: Merchant, *, bps: int = 1_000, days: int = 90, currency: str = "CNY", **terms: object
) -> Merchant:
    """Keep back a share of each payment of a merchant from now on; its account is open."""
    give_account_terms(merchant, currency=currency, reserve_bps=bps, reserve_days=days, **terms)
    return merchant
