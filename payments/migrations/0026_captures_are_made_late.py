"""What a channel took after all is booked also where its hold was being given back, or had ended.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0025_orders_are_not_forgotten")]
    operations = [
        migrations.AddIndex(
            model_name="capture",
            index=models.Index(
                condition=models.Q(status_code="contradicted"),
                fields=["authorisation"],
                name="payments_capture_contradicted",
            ),
        ),
        migrations.AddIndex(
            model_name="void",
            index=models.Index(
                condition=models.Q(status_code="contradicted"),
                fields=["authorisation"],
                name="payments_void_contradicted",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0026_captures_are_made_late.sql").read_text(),
            (HERE / "0026_captures_are_made_late.undo.sql").read_text(),
        ),
    ]
