"""What the tests of refunds and their neighbours share."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from payments.models import Refund
from tests.factories.payments import (
    MerchantFactory,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.rig.staff import actor_of, person, signed_in

SEES = ("view_payment", "view_refund", "view_refundallocation", "view_auditentry")


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is Thursday noon, nobody needs a second factor, and above 50.00 two people decide."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    settings.REFUND_APPROVAL_ABOVE = {"CNY": 5_000}


def officer(*rights: str) -> Client:
    """Return the browser of somebody new who sees refunds and has these rights besides."""
    user = person()
    user.user_permissions.add(*Permission.objects.filter(codename__in=(*SEES, *rights)))
    return signed_in(user)


@pytest.fixture
def maker() -> Client:
    return officer("request_refund", "cancel_refund", "ask_refund")


@pytest.fixture
def checker() -> Client:
    return officer("approve_refund", "ask_refund")


@pytest.fixture
def sellers():
    return MerchantFactory(name="Tea Co"), MerchantFactory(name="Ink Co")


@pytest.fixture
def payment(sellers):
    return paid_payment(*sellers, amounts_minor=(10_000, 5_000), unallocated_minor=300)


@pytest.fixture
def held(payment, maker) -> Refund:
    """Return a refund of all of it that the maker asked for, above the threshold."""
    return refund_asked(payment, actor=actor_of(maker))


def page(row: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def button(row: object, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def status_of(refund: Refund) -> str:
    refund.refresh_from_db()
    return refund.status
