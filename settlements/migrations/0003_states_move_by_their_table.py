"""Refuse every move of a settlement or payout that `settlements/states.py` does not list."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("settlements", "0002_settlements_are_law")]

    operations = [
        migrations.RunSQL(
            (HERE / "0003_states_move_by_their_table.sql").read_text(),
            (HERE / "0003_states_move_by_their_table.undo.sql").read_text(),
        ),
    ]
