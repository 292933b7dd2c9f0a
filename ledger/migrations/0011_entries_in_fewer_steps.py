"""Post entries in fewer steps. The SQL stands beside this file with its undo.

Indexes of texts serve questions of the whole and of the beginning; two of each was one too many.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_role_changes"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0011_entries_in_fewer_steps.sql").read_text(),
            (HERE / "0011_entries_in_fewer_steps.undo.sql").read_text(),
            state_operations=[
                migrations.AddField(
                    model_name="accountbalance",
                    name="currency",
                    field=models.CharField(max_length=3, verbose_name="currency"),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="source",
            field=models.CharField(max_length=200, verbose_name="source"),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="subject",
            field=models.CharField(blank=True, default="", max_length=90, verbose_name="subject"),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                fields=["source"], name="ledger_entry_source", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                fields=["subject"], name="ledger_entry_subject", opclasses=["varchar_pattern_ops"]
            ),
        ),
        # After that of the source: unique indexes speak in the order in which they were made, and
        # a second reversal is told that its source is in the books.
        migrations.RunSQL(
            "CREATE UNIQUE INDEX ledger_journalentry_reverses_id_key"
            " ON ledger_journalentry (reverses_id) WHERE reverses_id IS NOT NULL",
            "DROP INDEX ledger_journalentry_reverses_id_key",
        ),
    ]
