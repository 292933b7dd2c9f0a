"""What the tests of manual entries and their neighbours share."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from payments.actions import maturity
from payments.models import ManualEntry, Merchant
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.attacks import check_laws
from tests.rig.pages import words
from tests.rig.staff import person, signed_in

SEES = ("view_merchant", "view_manualentry", "view_reservehold", "view_auditentry")


ASKS = (
    "request_adjustment",
    "request_freeze",
    "request_reserve",
    "request_debt_recovery",
    "request_write_off",
)


FILLED = {"account": "CNY", "amount": "50.00", "note": "Ticket 4711", "refers_to": "case 7"}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is Friday noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


def officer(*rights: str) -> Client:
    user = person()
    user.user_permissions.add(*Permission.objects.filter(codename__in=(*SEES, *rights)))
    return signed_in(user)


@pytest.fixture
def maker() -> Client:
    return officer(*ASKS, "cancel_manual_entry")


@pytest.fixture
def checker() -> Client:
    return officer("approve_manual_entry")


@pytest.fixture
def merchant() -> Merchant:
    """A merchant with 98.00 available."""
    merchant = MerchantFactory(name="Tea Co")
    paid_payment(merchant)
    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)
    return merchant


def page(row: object) -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk])


def button(row: object, name: str) -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_{name}", args=[row.pk])


def ask(client: Client, row: object, name: str, **filled: str):
    """Fill a form in, look at the booking that it shows, and press once more."""
    address = button(row, name)
    looked = client.post(address, filled)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', looked.content.decode())
    assert seen, words(looked)
    return client.post(address, {**filled, "seen": seen[1]})


def press(client: Client, entry: ManualEntry, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(entry, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(entry, name), {**digest, **more})


def status_of(entry: ManualEntry) -> str:
    entry.refresh_from_db()
    return entry.status
