"""The page about an error never tells a value that may be a secret, with DEBUG on or off."""

import dataclasses
import importlib
import logging
import pkgutil
import re
from datetime import date
from decimal import Decimal

import pytest
import structlog
from django.test import Client
from django.urls import reverse
from django.views.debug import get_default_exception_reporter_filter

from config.reporting import ReticentReporterFilter
from ledger import encryption
from ledger.actions.audit import record_audit
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.payments.actions.test_channel_keys import new_key, private_pem
from tests.rig.leaks import Planted, in_tables, watched
from tests.rig.staff import desk, show_second_factor

API_KEY = "Tp9vQx2mLr7cWd4kZs8bHn3gYf6jEa5u"
SECRET_NAMES = re.compile(
    r"private_?key|private_pem|api_key|^pin$|_pin$|password$|secret|^token$|holder_name"
    r"|^payer_account$|^bank_account$"
)
ROOMS = ("ledger", "payments", "risk", "settlements", "config")
THEIR_OWN = ("payments.simulator", ".migrations", ".management", ".settings", "sgi")


@pytest.fixture
def pem() -> str:
    return private_pem(new_key())


@pytest.fixture
def planted(pem) -> Planted:
    found = Planted()
    found.private_key("entered key", pem)
    found.text("APIv3 key", API_KEY)
    return found


@pytest.fixture
def filtering(settings):
    """Let another filter be in use for the length of a test."""

    def use(name: str) -> None:
        settings.DEFAULT_EXCEPTION_REPORTER_FILTER = name
        get_default_exception_reporter_filter.cache_clear()

    yield use
    get_default_exception_reporter_filter.cache_clear()


@pytest.fixture
def failing(monkeypatch, settings) -> Client:
    """A desk at which nothing can be sealed: it breaks where the secrets are at hand."""

    def broken(plaintext: str, *, aad: str) -> str:
        raise RuntimeError("no entropy")

    settings.STAFF_SECOND_FACTOR = False
    client = desk(is_superuser=True)
    show_second_factor(client)
    monkeypatch.setattr(encryption, "encrypt", broken)
    return client


def entered(client: Client, pem: str, **headers: str):
    url = reverse("admin:payments_channelaccount_enter_keys", args=[AlipayAccountFactory().pk])
    sent = {"private_key_pem": pem, "api_key": API_KEY, "reason": "yearly"}
    return client.post(url, sent, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("is_debug", [True, False])
@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_a_page_of_an_error_tells_no_secret(failing, planted, pem, settings, is_debug, accept):
    # Given
    settings.DEBUG = is_debug

    # When
    with watched() as watch:
        response = entered(failing, pem, accept=accept)

    # Then
    assert response.status_code == 500
    body = response.content.decode()
    assert ("seal_for_keys" in body, "private_key_pem" in body) == (is_debug, is_debug)
    assert watch.told(planted) == []
    assert any("no entropy" in line for _logger, line in watch.lines)


@pytest.mark.django_db
def test_the_page_of_django_itself_would_tell_it(failing, planted, pem, settings, filtering):
    # Given
    settings.DEBUG = True
    filtering("django.views.debug.SafeExceptionReporterFilter")

    # When
    with watched() as watch:
        entered(failing, pem)

    # Then
    assert {told.rpartition(": ")[2] for told in watch.told(planted)} == {
        "entered key",
        "APIv3 key",
    }


def test_what_cannot_be_a_secret_is_told():
    # Given
    def frame():
        day, amount, is_paid, name, keys = date(2026, 3, 5), Decimal("1.00"), True, "x", {"a": "b"}
        raise LookupError((day, amount, is_paid, name, keys))

    with pytest.raises(LookupError) as raised:
        frame()

    # When
    told = dict(
        ReticentReporterFilter().get_traceback_frame_variables(None, raised.tb.tb_next.tb_frame)
    )

    # Then
    assert {name: repr(value) for name, value in told.items()} == {
        "day": "datetime.date(2026, 3, 5)",
        "amount": "Decimal('1.00')",
        "is_paid": "True",
        "name": "<str>",
        "keys": "<dict>",
    }


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "DATABASE_OWNER_URL", "PAYMENT_PASSWORD_PEPPERS", "SEAL_KEYS", "SENTRY_DSN"],
)
def test_settings_that_hold_secrets_are_hidden(name):
    assert ReticentReporterFilter().cleanse_setting(name, "postgres://u:p@h") == "*" * 20


def dataclasses_of_ours() -> list[type]:
    """Return every dataclass of the product, the other side of the house aside."""
    found: dict[str, type] = {}
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if any(part in module.name for part in THEIR_OWN):
                continue
            for each in vars(importlib.import_module(module.name)).values():
                is_one = isinstance(each, type) and dataclasses.is_dataclass(each)
                if is_one and each.__module__.startswith(ROOMS):
                    found[f"{each.__module__}.{each.__qualname__}"] = each
    return [found[name] for name in sorted(found)]


def test_no_representation_shows_a_field_with_a_secret():
    # Given
    showing = [
        f"{each.__module__}.{each.__qualname__}.{field.name}"
        for each in dataclasses_of_ours()
        for field in dataclasses.fields(each)
        if field.repr and field.type in (str, "str") and SECRET_NAMES.search(field.name)
    ]

    # Then
    assert len(dataclasses_of_ours()) > 100
    assert showing == []


@pytest.mark.django_db
def test_a_leak_is_seen_wherever_it_is():
    # Given
    planted = Planted()
    planted.text("a word", 'pass"word<1>')
    planted.digits("a card", "4111111111111111")
    planted.key("raw key", b"\x00\xff" * 16)

    # When, Then: in a table that the test's own connection sees, in JSON, and as bytes
    record_audit(
        action="a.deed",
        subject="x",
        actor="user:1",
        at=NOON,
        reason='it was pass"word<1>',
        after={"deep": ["4111 1111 1111 1111"]},
    )
    assert in_tables(planted, is_committed=False) == [
        "ledger_auditentry.after: a card",
        "ledger_auditentry.reason: a word",
    ]

    # When, Then: in lines of both kinds of loggers
    with watched() as watch:
        logging.getLogger("httpx").debug("key %s", (b"\x00\xff" * 16).hex())
        structlog.get_logger("payments").warning("a.line", text='pass"word<1>')
    assert watch.told(planted) == ["httpx: raw key", "payments: a word"]
