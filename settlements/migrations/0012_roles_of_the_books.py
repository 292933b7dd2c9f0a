"""Widen the roles of staff by what came with seals, periods, approvals, manual entries and terms.

As in 0005: who prepares does not approve. A role that people removed stays away; taking the
migration back takes these rights away again, also from who got them by hand.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BY_HAND = ("payments.view_manualentry", "payments.view_reservehold")
TAKES_AWAY = "ledger.export_books"
OPENINGS = ("settlements.view_opening", "settlements.view_openingrow")
SEES_SEALS = "ledger.view_seal"
HISTORY = "ledger.view_configurationchange"
TIERS = "ledger.view_approvaltier"
SEES_PERIODS = "ledger.view_period"

ROLES: dict[str, tuple[str, ...]] = {
    "finance_maker": (
        *BY_HAND,
        *OPENINGS,
        "settlements.import_opening",
        "payments.request_adjustment",
        "payments.request_reserve",
        "payments.request_debt_recovery",
        "payments.request_write_off",
        "payments.cancel_manual_entry",
        "payments.request_terms",
        SEES_SEALS,
        TIERS,
        "ledger.request_tier",
        SEES_PERIODS,
        "ledger.close_period",
        "ledger.reopen_period",
    ),
    "finance_checker": (
        *BY_HAND,
        *OPENINGS,
        "settlements.approve_opening",
        "payments.approve_manual_entry",
        "payments.approve_terms",
        TAKES_AWAY,
        SEES_SEALS,
        TIERS,
        SEES_PERIODS,
    ),
    "finance_head": (
        *BY_HAND,
        "ledger.decide_as_head",
        TIERS,
        "ledger.approve_tier",
        *OPENINGS,
        "settlements.approve_opening",
        "payments.approve_terms",
        "payments.approve_manual_entry",
        "payments.cancel_manual_entry",
        TAKES_AWAY,
        SEES_SEALS,
        HISTORY,
        SEES_PERIODS,
    ),
    "risk_officer": (*BY_HAND, "payments.request_freeze", "payments.cancel_manual_entry"),
    "support": (),
    "auditor": (*BY_HAND, *OPENINGS, TAKES_AWAY, SEES_SEALS, HISTORY, SEES_PERIODS, TIERS),
    "security_admin": (
        HISTORY,
        "ledger.request_roles",
        "ledger.approve_roles",
        "ledger.lock_out_staff",
    ),
}


def _give_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for label in ("ledger", "payments", "risk", "settlements"):
        _make_permissions(apps, label)
    permissions = apps.get_model("auth", "Permission").objects
    for role, rights in ROLES.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            for right in rights:
                label, _dot, codename = right.partition(".")
                group.permissions.add(
                    permissions.get(codename=codename, content_type__app_label=label)
                )


def _take_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    for right in sorted({right for rights in ROLES.values() for right in rights}):
        label, _dot, codename = right.partition(".")
        for permission in permissions.filter(codename=codename, content_type__app_label=label):
            permission.group_set.clear()


def _make_permissions(apps: StateApps, label: str) -> None:
    """Make the permissions now; Django makes them after the last migration, which is too late."""
    config = apps.get_app_config(label)
    # Apps of a migration's state have no module, and without one nothing is made.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None


class Migration(migrations.Migration):
    dependencies = [("settlements", "0011_configuration_history")]

    operations = [migrations.RunPython(_give_rights, _take_rights_back)]
