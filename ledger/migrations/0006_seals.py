from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_accounts_are_of_their_codes_nature"),
    ]

    operations = []
