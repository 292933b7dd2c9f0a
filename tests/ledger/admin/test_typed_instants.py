"""Instants that people type are those of the business time zone, and the field says so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from ledger.admin.typed_instants import BusinessInstantField
from payments.admin.order_resolutions import ResolutionForm
from risk.admin.lists import BlockAddressForm

ROOMS = ("config", "ledger", "payments", "risk", "settlements")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_what_is_typed_is_business_time_whatever_zone_the_process_speaks_in(zone):
    # When
    with timezone.override(zone):
        instant = BusinessInstantField().clean("2026-03-06T00:30")

    # Then it is half past midnight in Shanghai
    assert instant == datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_an_hour_that_a_clock_left_out_is_refused(settings):
    # Given a zone whose clocks were put forward at two
    settings.BUSINESS_TIME_ZONE = "America/New_York"

    # When, Then
    with pytest.raises(ValidationError):
        BusinessInstantField().clean("2026-03-08T02:30")


def test_nothing_typed_is_nothing():
    assert BusinessInstantField(required=False).clean("") is None


@pytest.mark.parametrize(
    ("form", "name"), [(ResolutionForm, "happened_at"), (BlockAddressForm, "expires_at")]
)
def test_the_zone_stands_beside_the_field(form, name):
    assert str(form.base_fields[name].help_text).startswith("Asia/Shanghai. ")


def test_no_form_takes_an_instant_in_another_way():
    # Given
    sources = [
        path
        for room in ROOMS
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py")
        if path.name != "typed_instants.py"
    ]

    # When
    others = [
        str(path)
        for path in sources
        if any(word in path.read_text() for word in ("forms.DateTimeField", "SplitDateTimeField"))
    ]

    # Then
    assert len(sources) > 100
    assert others == []
