"""What the tests of decisions and their neighbours share."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import ChannelAccount
from settlements.models import Settlement
from tests.factories.settlements import (
    available_money,
    drafted_settlement,
    house,
    settled_merchant,
)
from tests.rig.staff import desk


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def bank() -> ChannelAccount:
    return house().bank


@pytest.fixture
def draft(bank) -> Settlement:
    merchant = settled_merchant(account_no="6222020000000004321")
    available_money(merchant, amounts_minor=(10_000, 5_000))
    return drafted_settlement(merchant)


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


def button(settlement: Settlement, name: str) -> str:
    return reverse(f"admin:settlements_settlement_{name}", args=[settlement.pk])


def page(settlement: Settlement) -> str:
    return reverse("admin:settlements_settlement_change", args=[settlement.pk])


def submitted_by(client: Client, settlement: Settlement) -> Settlement:
    client.post(button(settlement, "submit"))
    settlement.refresh_from_db()
    assert settlement.status == "submitted"
    return settlement


def press(client: Client, settlement: Settlement, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(settlement, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(settlement, name), {**digest, **more})
