"""What the tests of screenings and their neighbours share."""

from datetime import timedelta

from risk.models import Limit
from tests.instants import NOON


def limit(**more):
    defaults = {
        "deed": "payment",
        "subject_kind": "platform",
        "window": "transaction",
        "currency": "CNY",
        "value_minor": 100,
        "valid_from": NOON - timedelta(days=1),
    }
    return Limit.objects.create(**{**defaults, **more})
