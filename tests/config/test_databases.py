"""Addresses of PostgreSQL, as Django's settings."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import databases

UNUSED = Path("unused")


def test_reads_a_url_as_libpq_does():
    settings = databases.connection_settings(
        "postgresql://tianping_app:s%40crt@db.example.com:6432/books?sslmode=verify-full",
        pool_max=7,
        options="-c statement_timeout=1s",
    )

    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "books",
        "USER": "tianping_app",
        "PASSWORD": "s@crt",
        "HOST": "db.example.com",
        "PORT": "6432",
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            "sslmode": "verify-full",
            "options": "-c statement_timeout=1s",
            "pool": {"min_size": 1, "max_size": 7, "timeout": 10},
        },
    }


def test_adds_its_options_to_those_of_the_url():
    settings = databases.connection_settings(
        "postgresql://app@/books?options=-c%20work_mem%3D8MB", options="-c lock_timeout=1s"
    )

    assert settings["OPTIONS"]["options"] == "-c work_mem=8MB -c lock_timeout=1s"


def test_one_url_serves_as_both_roles():
    addresses = databases.addresses(
        application_url="postgresql://app@db/books", owner_url="", var=UNUSED
    )

    assert addresses.owner_url == addresses.application_url == "postgresql://app@db/books"


def test_refuses_an_owner_without_an_application():
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be too"):
        databases.addresses(application_url="", owner_url="postgresql://owner@db/books", var=UNUSED)


def test_refuses_what_is_no_url():
    with pytest.raises(ImproperlyConfigured, match="must be PostgreSQL URLs"):
        databases.connection_settings("mysql://root@db/books")


def test_knows_the_role_of_a_url():
    assert databases.role_of("postgresql://tianping_app@db/books") == "tianping_app"
    assert databases.role_of("postgresql://db/books") is None
