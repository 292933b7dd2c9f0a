"""Let the terms of a channel account change only as two people agreed, and its identity never.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0026_captures_are_made_late")]

    operations = [
        migrations.AlterModelOptions(
            name="channelaccount",
            options={
                "ordering": ["channel", "name"],
                "permissions": [
                    ("register_channelaccount", "Can register channel accounts, switched off"),
                    ("switch_off_channelaccount", "Can switch channel accounts off"),
                    ("request_channelaccount", "Can ask for other terms of channel accounts"),
                    ("approve_channelaccount", "Can agree to other terms of channel accounts"),
                ],
                "verbose_name": "channel account",
                "verbose_name_plural": "channel accounts",
            },
        ),
        migrations.RunSQL(
            (HERE / "0027_accounts_are_agreed.sql").read_text(),
            (HERE / "0027_accounts_are_agreed.undo.sql").read_text(),
        ),
    ]
