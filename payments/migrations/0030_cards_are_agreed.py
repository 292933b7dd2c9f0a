"""Two people agree to a payer's card by the keyed index of its number and holder.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0029_rules_that_can_fit")]
    operations = [
        migrations.AddField(
            model_name="refundremedy",
            name="card_index",
            field=models.BinaryField(
                default=b"", max_length=32, verbose_name="index of number and holder"
            ),
        ),
        migrations.RunSQL(
            (HERE / "0030_cards_are_agreed.sql").read_text(),
            (HERE / "0030_cards_are_agreed.undo.sql").read_text(),
        ),
    ]
