"""Let terms change by two people only. The SQL stands beside this file with its undo."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_manual_entries")]

    operations = [
        migrations.AlterModelOptions(
            name="feeplan",
            options={
                "ordering": ["name", "-version"],
                "permissions": [
                    ("request_terms", "Can ask for other terms"),
                    ("approve_terms", "Can agree to other terms"),
                ],
                "verbose_name": "fee plan",
                "verbose_name_plural": "fee plans",
            },
        ),
        migrations.RunSQL(
            (HERE / "0008_terms.sql").read_text(), (HERE / "0008_terms.undo.sql").read_text()
        ),
    ]
