"""Write each person in one way, so that nobody agrees to their own request as somebody else.

Requests and decisions from before stay as they are, so the laws hold for new ones.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_entries_in_fewer_steps")]

    operations = [
        AddConstraintNotValid(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=Q(maker__regex=r"^(user:(0|[1-9][0-9]*)|(?!user:)[a-z]+:[^\s]+)$"),
                name="ledger_approval_maker_form",
            ),
        ),
        AddConstraintNotValid(
            model_name="approvaldecision",
            constraint=models.CheckConstraint(
                condition=Q(approver__regex=r"^user:(0|[1-9][0-9]*)$"),
                name="ledger_decision_approver_form",
            ),
        ),
    ]
