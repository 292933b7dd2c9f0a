"""The environment, typed, and the sentences for what is wrong with it."""

import base64
import ipaddress
import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("", True)],
)
def test_reads_a_flag(monkeypatch, value, expected):
    monkeypatch.setenv("A_FLAG", value)

    assert env.flag("A_FLAG", default=True) is expected


def test_refuses_a_flag_that_is_neither(monkeypatch):
    monkeypatch.setenv("A_FLAG", "maybe")

    with pytest.raises(ImproperlyConfigured, match=r"A_FLAG must be 1 or 0, but it is 'maybe'\."):
        env.flag("A_FLAG", default=True)


def test_asks_for_what_has_no_default(monkeypatch):
    monkeypatch.setenv("A_TEXT", "  ")

    with pytest.raises(ImproperlyConfigured, match="A_TEXT must be set in the environment"):
        env.text("A_TEXT")


def test_reads_a_number_and_refuses_what_is_none(monkeypatch):
    monkeypatch.setenv("A_NUMBER", "12")
    assert env.whole_number("A_NUMBER", default=3) == 12

    monkeypatch.setenv("A_NUMBER", "1.5")
    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a number"):
        env.whole_number("A_NUMBER", default=3)


def test_reads_networks_and_plain_addresses(monkeypatch):
    monkeypatch.setenv("SOME", "10.0.0.0/8, 192.0.2.1,2001:db8::/32")

    assert env.networks("SOME") == [
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("192.0.2.1/32"),
        ipaddress.ip_network("2001:db8::/32"),
    ]


@pytest.mark.parametrize("value", ["10.0.0.1/8", "proxy.example.com", "10.0.0.0/33"])
def test_refuses_what_is_no_network(monkeypatch, value):
    monkeypatch.setenv("SOME", value)

    with pytest.raises(ImproperlyConfigured, match="SOME must list networks"):
        env.networks("SOME")


def test_refuses_an_unknown_time_zone(monkeypatch):
    monkeypatch.setenv("ZONE", "Asia/Nowhere")

    with pytest.raises(ImproperlyConfigured, match="ZONE must name a time zone"):
        env.time_zone("ZONE", default="Asia/Shanghai")


def test_refuses_what_is_not_on_the_list(monkeypatch):
    monkeypatch.setenv("ROLE", "king")

    with pytest.raises(ImproperlyConfigured, match="ROLE must be one of application, owner"):
        env.choice("ROLE", options=["application", "owner"], default="owner")


def test_reads_amounts_in_minor_units_by_currency(monkeypatch):
    monkeypatch.setenv("ABOVE", "CNY:20000, USD:3000")

    assert env.amounts("ABOVE") == {"CNY": 20_000, "USD": 3_000}
    assert env.amounts("ABOVE_NOTHING") == {}
    assert env.amounts("ABOVE_NOTHING", default=["CNY:1"]) == {"CNY": 1}


@pytest.mark.parametrize(
    "value", ["20000", "cny:1", "CNY:", "CNY:1.5", "CNY:-1", "CNY=1", "CNY:１"]
)
def test_refuses_what_is_no_amount(monkeypatch, value):
    monkeypatch.setenv("ABOVE", value)

    with pytest.raises(ImproperlyConfigured, match="ABOVE must list amounts"):
        env.amounts("ABOVE")


def test_refuses_two_amounts_of_one_currency(monkeypatch):
    monkeypatch.setenv("ABOVE", "CNY:1,CNY:2")

    with pytest.raises(ImproperlyConfigured, match="ABOVE names CNY twice"):
        env.amounts("ABOVE")


def test_keeps_encryption_keys_in_order_with_the_current_one_first():
    keys = env.encryption_keys(f"new:{KEY}, old:{'A' * 43}=")

    assert keys == {"new": bytes(range(32)), "old": bytes(32)}
    assert next(iter(keys)) == "new"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "must hold one key at least"),
        (KEY, "must list keys as id:base64"),
        (f":{KEY}", "must list keys as id:base64"),
        ("a:c2hvcnQ=", "must list keys as id:base64"),
        ("a:***", "'a' is not written in base64"),
        (f"a:{KEY},a:{KEY}", "names the key 'a' twice"),
    ],
)
def test_refuses_encryption_keys_that_are_none(value, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.encryption_keys(value)


def test_says_no_key_when_it_refuses_one():
    with pytest.raises(ImproperlyConfigured) as refused:
        env.encryption_keys(f"a:{KEY},b:c2VjcmV0")

    assert "c2VjcmV0" not in str(refused.value)


def test_new_keys_are_read_again():
    assert list(env.encryption_keys(env.new_encryption_keys())) == ["local1"]


def test_makes_a_secret_once_and_for_its_owner_only(monkeypatch, tmp_path):
    # Given
    monkeypatch.delenv("A_SECRET", raising=False)
    path = tmp_path / "var" / "a_secret"
    made = iter(["first", "second"])

    # When
    values = [env.text_or_kept("A_SECRET", path=path, make=lambda: next(made)) for _ in range(2)]

    # Then
    assert values == ["first", "first"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["a_secret"]


def test_the_environment_goes_before_the_kept_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET", "given")

    assert env.text_or_kept("A_SECRET", path=tmp_path / "kept", make=lambda: "made") == "given"
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "x" * 60}, "ENCRYPTION_KEYS must be set"),
        ({"SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": f"a:{KEY}"}, "ALLOWED_HOSTS must"),
        (
            {
                "SECRET_KEY": "x" * 60,
                "ENCRYPTION_KEYS": f"a:{KEY}",
                "ALLOWED_HOSTS": "pay.example.com",
                "STAFF_SECOND_FACTOR": "0",
            },
            "STAFF_SECOND_FACTOR=0 is for a sandbox",
        ),
        (
            {
                "SECRET_KEY": "x" * 60,
                "ENCRYPTION_KEYS": f"a:{KEY}",
                "ALLOWED_HOSTS": "pay.example.com",
                "SANDBOX_CLOCK_FILE": "var/clock",
            },
            "SANDBOX_CLOCK_FILE is for a sandbox",
        ),
        (
            {
                "SECRET_KEY": "x" * 60,
                "ENCRYPTION_KEYS": f"a:{KEY}",
                "ALLOWED_HOSTS": "pay.example.com",
            },
            "PAYMENT_PASSWORD_PEPPERS must be set",
        ),
        (
            {
                "SECRET_KEY": "x" * 60,
                "ENCRYPTION_KEYS": f"a:{KEY}",
                "ALLOWED_HOSTS": "pay.example.com",
                "PAYMENT_PASSWORD_PEPPERS": "a:c2hvcnQ=",
            },
            "PAYMENT_PASSWORD_PEPPERS must list keys as id:base64",
        ),
        (
            {
                "SECRET_KEY": "x" * 60,
                "ENCRYPTION_KEYS": f"a:{KEY}",
                "ALLOWED_HOSTS": "pay.example.com",
                "PAYMENT_PASSWORD_PEPPERS": f"a:{KEY}",
            },
            "SEAL_KEYS must be set",
        ),
    ],
)
def test_production_refuses_to_start_without_its_secrets_and_guards(variables, sentence):
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings.production"],
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": "postgresql://app@unused/unused",
            **variables,
        },
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 1
    assert sentence in started.stderr.splitlines()[-1]
