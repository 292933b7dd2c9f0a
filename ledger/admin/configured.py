"""What keeps its history, and that history on the page of each row."""

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Column, Panel, Table
from ledger.models import ConfigurationChange
from ledger.queries import history

CONFIGURED = frozenset(
    {
        *("auth_group", "auth_group_permissions", "auth_user", "auth_user_groups"),
        *("auth_user_user_permissions", "mfa_authenticator", "payments_apicredential"),
        "ledger_approvaltier",
        *("payments_businessday", "payments_channelaccount", "payments_feeplan"),
        "payments_channelkeyset",
        *("payments_merchant", "payments_merchantaccount", "payments_merchantmember"),
        *("payments_methodswitch", "payments_routingrule"),
        *("risk_blocklistentry", "risk_boundnetwork", "risk_limit", "settlements_destination"),
    }
)
"""The tables that keep their history; a test compares them with the database."""


def history_panel(request: HttpRequest, row: Model) -> list[Panel]:
    """Show how a row of configuration came to be what it is, to those who may see that."""
    table = row._meta.db_table
    if table not in CONFIGURED or not request.user.has_perm("ledger.view_configurationchange"):
        return []
    return [
        Table(
            _("history"),
            [
                Column(_("recorded at")),
                Column(_("what happened")),
                Column(_("what changed")),
                Column(_("database role")),
            ],
            [
                [
                    showing.link(
                        showing.row_url(change),
                        showing.instant(change.recorded_at, with_zone=False),
                    ),
                    change.get_operation_display(),
                    _changed(change, model=type(row)),
                    showing.code(change.database_role),
                ]
                for change in history.changes_of(table, str(row.pk))
            ],
            empty=_("Nothing has changed since the history began."),
        )
    ]


def model_of(table: str) -> type[Model] | None:
    """Return the model whose rows a table holds."""
    return next(
        (
            model
            for model in apps.get_models(include_auto_created=True)
            if model._meta.db_table == table
        ),
        None,
    )


def thing_of(table: str) -> str:
    """Name what a table holds."""
    model = model_of(table)
    return table if model is None else str(model._meta.verbose_name)


def thing_link(change: ConfigurationChange) -> SafeString:
    """Write the row that was changed, as a link to its page where it has one."""
    model = model_of(change.table_name)
    url = "" if model is None else showing.page_url(model, change.row_id)
    return showing.link(url, showing.code(change.row_id))


def _changed(change: ConfigurationChange, *, model: type[Model]) -> str:
    if not (change.before and change.after):
        return ""
    names = {field.column: str(field.verbose_name) for field in model._meta.concrete_fields}
    return ", ".join(
        names.get(key, key)
        for key in sorted(change.after)
        if change.before.get(key) != change.after[key]
    )
