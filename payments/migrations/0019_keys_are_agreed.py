"""Let the keys and the gateway of an account change only as two people agreed.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0018_channel_keys"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0019_keys_are_agreed.sql").read_text(),
            (HERE / "0019_keys_are_agreed.undo.sql").read_text(),
        ),
    ]
