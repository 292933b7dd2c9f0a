"""Compare lines with their entry in fewer steps. The SQL stands beside this file with its undo."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_amounts_are_agreed"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0011_lines_in_fewer_steps.sql").read_text(),
            (HERE / "0011_lines_in_fewer_steps.undo.sql").read_text(),
        ),
    ]
