"""Let keys that somebody else may hold be believed no longer; keep messages without card numbers.

The SQL stands beside this file with its undo. Going back forgets which messages were masked.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_refunds_are_reversed")]

    operations = [
        migrations.AddField(
            model_name="channelkeyset",
            name="ends_at_once",
            field=models.BooleanField(
                default=False,
                help_text="Somebody else may hold the former key: nothing it signed is believed.",
                verbose_name="ends former keys at once",
            ),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="is_masked",
            field=models.BooleanField(
                default=False, verbose_name="a card's number was blotted out"
            ),
        ),
        migrations.RunSQL(
            (HERE / "0023_keys_end_at_once.sql").read_text(),
            (HERE / "0023_keys_end_at_once.undo.sql").read_text(),
        ),
    ]
