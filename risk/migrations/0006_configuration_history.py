"""Begin the history of limits, the block list and bound networks.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("risk", "0005_lists_and_addresses"),
        ("payments", "0009_configuration_history"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0006_configuration_history.sql").read_text(),
            (HERE / "0006_configuration_history.undo.sql").read_text(),
        ),
    ]
