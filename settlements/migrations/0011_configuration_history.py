"""Begin the history of destinations.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0010_openings"),
        ("ledger", "0009_configuration_history"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0011_configuration_history.sql").read_text(),
            (HERE / "0011_configuration_history.undo.sql").read_text(),
        ),
    ]
