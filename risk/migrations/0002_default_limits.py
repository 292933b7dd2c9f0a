"""Set the limits that bind from the first day, in CNY; other currencies have none until set.

Before the laws of 0003, so that taking both back leaves nothing behind.
"""

from datetime import UTC, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# A sandbox may live through days long past, so the defaults have always been in force.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULTS = (
    ("payment", "platform", "transaction", 1_000_00),
    ("payment", "payer", "day", 5_000_00),
    ("settlement", "merchant", "transaction", 10_000_00),
    ("settlement", "merchant", "day", 50_000_00),
)


def _set_defaults(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    limit_model = apps.get_model("risk", "Limit")
    limit_model.objects.bulk_create(
        limit_model(
            deed=deed,
            subject_kind=subject_kind,
            window=window,
            currency="CNY",
            value_minor=value_minor,
            valid_from=ALWAYS,
        )
        for deed, subject_kind, window, value_minor in DEFAULTS
    )


def _take_defaults_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("risk", "Limit").objects.filter(subject_id="", valid_from=ALWAYS).delete()


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_initial")]

    operations = [migrations.RunPython(_set_defaults, _take_defaults_back)]
