"""Foreign keys obey the same arrow as imports; import-linter cannot see them in strings."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.test.utils import isolate_apps

from tests.architecture.sources import APPS

BESIDE_THE_HOUSE = {
    "payments": {"auth": "people who act for a merchant (MerchantMember)"},
}
"""Apps of others at whose rows ours may point. The ledger points at nobody (docs/adr/0009)."""


def climbing_keys(found: Iterable[type[models.Model]]) -> Iterator[str]:
    """Yield the relations that a model declares to an app above its own, or to a stranger."""
    for model in found:
        for field in model._meta.get_fields():
            # What a proxy inherits, its model declares.
            if field.auto_created or not field.is_relation or field.model is not model:
                continue
            target = field.related_model
            if not isinstance(target, type) or not _may_point(model, target):
                name = target._meta.label if isinstance(target, type) else "anything at all"
                yield f"{model._meta.label}.{field.name} points at {name}"


def _may_point(model: type[models.Model], target: type[models.Model]) -> bool:
    app, other = model._meta.app_label, target._meta.app_label
    if other not in APPS:
        return other in BESIDE_THE_HOUSE.get(app, {})
    return APPS.index(other) <= APPS.index(app)


def climbing_constraints(keys: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield foreign keys of the database (name, table, table it points at) that climb."""
    for name, table, target in keys:
        app, other = table.split("_")[0], target.split("_")[0]
        if app in APPS and other in APPS and APPS.index(other) > APPS.index(app):
            yield f"{name}: {table} points at {target}"


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in APPS]


def test_foreign_keys_point_down_the_line() -> None:
    assert list(climbing_keys(_models())) == []


def test_every_app_was_looked_at() -> None:
    assert {model._meta.app_label for model in _models()} == set(APPS)


@pytest.mark.parametrize(
    "relation",
    [
        lambda: models.ForeignKey("payments.Payment", on_delete=models.PROTECT),
        lambda: models.OneToOneField("settlements.Settlement", on_delete=models.PROTECT),
        lambda: models.ManyToManyField("payments.Merchant"),
        lambda: models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT),
    ],
)
def test_a_key_that_climbs_is_seen(relation: Any) -> None:
    with isolate_apps("ledger"):

        class Note(models.Model):
            about = relation()

            class Meta:
                app_label = "ledger"

        # As the registry would have resolved it, had this model been a real one.
        target = Note._meta.get_field("about").remote_field
        target.model = apps.get_model(str(target.model))

        assert list(climbing_keys([Note]))


@pytest.mark.django_db
def test_the_database_has_no_key_that_climbs() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, source.relname, target.relname FROM pg_constraint"
            " JOIN pg_class source ON source.oid = conrelid"
            " JOIN pg_class target ON target.oid = confrelid WHERE contype = 'f'"
        )
        keys = cursor.fetchall()

    assert any(table == "settlements_settlement" for _, table, _ in keys)
    assert list(climbing_constraints(keys)) == []


def test_a_constraint_that_climbs_is_seen() -> None:
    keys = [("down", "risk_limit", "payments_payer"), ("up", "ledger_posting", "risk_limit")]

    assert list(climbing_constraints(keys)) == ["up: ledger_posting points at risk_limit"]
