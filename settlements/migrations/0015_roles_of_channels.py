"""Widen the roles of staff by what came with channels."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlements", "0014_wechat_payouts")]

    operations = []
