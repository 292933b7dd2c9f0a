"""Refuse every move of an approval request that `ledger/states.py` does not list."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_books_are_law")]

    operations = [
        migrations.RunSQL(
            (HERE / "0003_requests_move_by_their_table.sql").read_text(),
            (HERE / "0003_requests_move_by_their_table.undo.sql").read_text(),
        ),
    ]
