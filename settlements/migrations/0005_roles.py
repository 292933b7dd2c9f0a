"""Make the roles of staff: who sees what, who prepares, who approves. Nobody does both.

Here, because the last app sees the rows of all of them. Groups are looked up by name, so a role
that people widened by hand keeps what they gave it; taking the migration back removes the roles.
"""

from collections.abc import Iterator

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BOOKS = ("account", "journalentry")
TRAIL = ("auditentry", "approvalrequest")
TAKING = (
    "balancetransaction",
    "businessday",
    "channelnotification",
    "channeloperation",
    "event",
    "feeplan",
    "merchant",
    "merchantmember",
    "payer",
    "payment",
    "paymentallocation",
    "paymentattempt",
)
KEYS = ("apicredential", "channelaccount")
JUDGING = ("limit", "limitcounter", "screening")
SETTLING = ("destination", "settlement", "settlementbatch", "settlementitem")
PAYING_OUT = ("bill", "billline", "paymentfile", "payout")
PEOPLE = ("group", "user")


def _views(app: str, *models: str) -> list[str]:
    return [f"{app}.view_{model}" for model in models]


ALL_MONEY = [
    *_views("ledger", *BOOKS, *TRAIL),
    *_views("payments", *TAKING, "channelaccount"),
    *_views("risk", *JUDGING),
    *_views("settlements", *SETTLING, *PAYING_OUT),
]

ROLES = {
    "finance_maker": [
        *ALL_MONEY,
        "settlements.run_settlement",
        "settlements.submit_settlement",
        "settlements.cancel_settlement",
        "settlements.export_paymentfile",
        "settlements.download_paymentfile",
        "settlements.import_bill",
    ],
    "finance_checker": [
        *ALL_MONEY,
        "ledger.decide_approvals",
        "settlements.approve_settlement",
    ],
    "finance_head": [
        *ALL_MONEY,
        "ledger.decide_approvals",
        "settlements.approve_settlement",
        "settlements.cancel_settlement",
    ],
    "risk_officer": [
        *_views("ledger", *TRAIL),
        *_views("payments", *TAKING),
        *_views("risk", *JUDGING),
        *_views("settlements", *SETTLING),
        "settlements.review_settlement",
    ],
    "support": [
        *_views("payments", *TAKING),
        *_views("risk", "screening"),
        *_views("settlements", "settlement", "settlementitem", "payout"),
    ],
    "auditor": [
        *ALL_MONEY,
        *_views("payments", *KEYS),
        *_views("auth", *PEOPLE),
    ],
    "security_admin": [
        *_views("ledger", "auditentry"),
        *_views("payments", *KEYS, "merchant", "merchantmember"),
        "payments.change_apicredential",
        *_views("auth", *PEOPLE),
    ],
}


def _make_roles(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _make_permissions(apps)
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in apps.get_model("auth", "Permission").objects.select_related(
            "content_type"
        )
    }
    group_model = apps.get_model("auth", "Group")
    for name, rights in ROLES.items():
        group, _is_new = group_model.objects.get_or_create(name=name)
        group.permissions.add(*(permissions[right] for right in rights))


def _take_roles_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


def _make_permissions(apps: StateApps) -> None:
    """Make the permissions now; Django makes them after the last migration, which is too late."""
    for config in _configs(apps):
        # Apps of a migration's state have no module, and without one nothing is made.
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None


def _configs(apps: StateApps) -> Iterator[AppConfig]:
    labels = {right.partition(".")[0] for rights in ROLES.values() for right in rights}
    return (apps.get_app_config(label) for label in sorted(labels))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("ledger", "0002_books_are_law"),
        ("payments", "0002_lines_are_law"),
        ("risk", "0003_judgements_are_law"),
        ("settlements", "0004_settlement_permissions"),
    ]

    operations = [migrations.RunPython(_make_roles, _take_roles_back)]
