"""What is said about a deployment before it starts."""

import pytest

from config import checks
from ledger import fault_points
from tests.factories.payments import AlipayAccountFactory


def test_warns_when_one_role_is_owner_and_application(settings):
    settings.DATABASE_APPLICATION_ROLE = None

    assert [message.id for message in checks.check_database_roles(None)] == ["tianping.W001"]


def test_is_content_with_two_roles(settings):
    settings.DATABASE_APPLICATION_ROLE = "tianping_app"

    assert checks.check_database_roles(None) == []


@pytest.mark.django_db
def test_refuses_a_server_that_is_too_old(monkeypatch):
    assert checks.check_database_version(None, databases=["default"]) == []

    monkeypatch.setattr(checks, "POSTGRES_VERSION_MIN", 99)

    (message,) = checks.check_database_version(None, databases=["default"])
    assert (message.id, message.level) == ("tianping.E001", checks.checks.ERROR)
    assert "PostgreSQL 99 is the minimum" in message.msg


def test_asks_no_database_that_it_was_not_told_to_ask():
    assert checks.check_database_version(None) == []


def test_warns_when_the_heads_of_the_seals_lie_beside_the_rest(settings):
    settings.SEAL_HEADS_FILE = str(settings.VAR_DIR / "seals" / "heads.jsonl")

    assert [message.id for message in checks.check_published_heads(None)] == ["tianping.W002"]


def test_is_content_with_heads_elsewhere(settings, tmp_path):
    settings.SEAL_HEADS_FILE = str(tmp_path / "heads.jsonl")

    assert checks.check_published_heads(None) == []


@pytest.fixture
def armed_point():
    """Arm a fault point, as the settings of a test do."""
    with fault_points.armed([("job.started", lambda: None)]):
        yield


def test_refuses_armed_fault_points_where_money_is_real(settings, armed_point):
    settings.SANDBOX = False

    (message,) = checks.check_fault_points(None)
    assert (message.id, message.level) == ("tianping.E002", checks.checks.ERROR)


def test_lets_a_sandbox_have_its_fault_points(settings, armed_point):
    settings.SANDBOX = True

    assert checks.check_fault_points(None) == []


def test_is_content_without_armed_fault_points(settings):
    settings.SANDBOX = False

    assert checks.check_fault_points(None) == []


@pytest.mark.django_db
def test_names_the_simulators_where_money_is_real(settings):
    # Given a house that was a sandbox
    gateway = "http://127.0.0.1:8770/gateway.do"
    account = AlipayAccountFactory(gateway_url=gateway, settles_to=None)
    assert checks.check_gateways(None) == []

    # When it goes live with the same database
    settings.SANDBOX = False

    # Then
    (message,) = checks.check_gateways(None)
    assert (message.id, message.level) == ("tianping.E003", checks.checks.ERROR)
    assert account.pk in message.msg
    assert "127.0.0.1" in message.msg
    assert "a database of its own" in message.hint


@pytest.mark.django_db
def test_names_the_live_channels_of_a_sandbox(settings):
    # Given
    settings.SANDBOX = False
    account = AlipayAccountFactory(gateway_url="https://openapi.alipay.com/gateway.do")
    assert checks.check_gateways(None) == []

    # When
    settings.SANDBOX = True

    # Then
    (message,) = checks.check_gateways(None)
    assert account.pk in message.msg


@pytest.mark.django_db
def test_a_database_without_tables_knows_no_gateway(settings, monkeypatch):
    # Given
    settings.SANDBOX = False
    AlipayAccountFactory(gateway_url="http://127.0.0.1:8770/gateway.do")
    monkeypatch.setattr(checks.connection.introspection, "table_names", lambda: ["auth_user"])

    # When, Then
    assert checks.check_gateways(None) == []
