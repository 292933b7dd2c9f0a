"""Nobody is staff and acts for a merchant: one person would be two at two doors.

Who was both before stays so in the tables; the portal lets no staff in. The SQL stands beside this
file with its undo.
"""

from pathlib import Path

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0031_money_comes_late"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(
            (HERE / "0032_staff_act_for_no_merchant.sql").read_text(),
            (HERE / "0032_staff_act_for_no_merchant.undo.sql").read_text(),
        ),
    ]
