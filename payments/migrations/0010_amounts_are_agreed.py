"""Hold a refund to the amount that people agreed to, to the last minor unit.

How many people must agree follows from the amount that a request names, so a request that named
another one, or none, would have slipped under its tier. Requests from before tiers named none:
they get their refund's. The law stands beside this file with its undo; it comes after all
migrations of payments of its release, as none of them is about refunds.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_configuration_history"),
        ("ledger", "0008_tiers"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0010_amounts_are_agreed.sql").read_text(),
            (HERE / "0010_amounts_are_agreed.undo.sql").read_text(),
        ),
    ]
