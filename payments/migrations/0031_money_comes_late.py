"""Money by an order that had failed is followed, and a page left open is known to be so.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0030_cards_are_agreed")]

    operations = [
        migrations.AddField(
            model_name="paymentattempt",
            name="is_left_open",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="page left open"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentattempt",
            constraint=models.CheckConstraint(
                condition=Q(is_left_open=False) | Q(status="closed"),
                name="payments_attempt_left_open",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0031_money_comes_late.sql").read_text(),
            (HERE / "0031_money_comes_late.undo.sql").read_text(),
        ),
    ]
