"""Hold what is paid out to the amount that people agreed to, to the last minor unit.

How many people must agree follows from the amount that a request names, so a request that named
another one, or none, would have slipped under its tier. Requests from before tiers named none:
they get their settlement's. The laws stand beside this file with their undo; it comes after all
migrations of settlements of its release, as it replaces functions that they read.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0012_roles_of_the_books"),
        ("payments", "0010_amounts_are_agreed"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0013_amounts_are_agreed.sql").read_text(),
            (HERE / "0013_amounts_are_agreed.undo.sql").read_text(),
        ),
    ]
