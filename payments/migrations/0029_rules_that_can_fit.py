"""Let no rule begin in the minute in which it ends: it would be in force and never fit."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0028_orders_know_when_they_left")]

    operations = [
        migrations.RemoveConstraint(model_name="routingrule", name="payments_routing_times"),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None)
                | (Q(starts_at__isnull=False, ends_at__isnull=False) & ~Q(starts_at=F("ends_at"))),
                name="payments_routing_times",
            ),
        ),
    ]
