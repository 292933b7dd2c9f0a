from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_refunds_are_law"),
        ("ledger", "0011_entries_in_fewer_steps"),
    ]

    operations = []
