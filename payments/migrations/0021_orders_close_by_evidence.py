"""Let evidence close an order in review. The SQL stands beside this file with its undo."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0020_channel_health"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0021_orders_close_by_evidence.sql").read_text(),
            (HERE / "0021_orders_close_by_evidence.undo.sql").read_text(),
        ),
    ]
