"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Remembers: accounts, entries, audit and approvals."""

    name = "ledger"
    verbose_name = _("Ledger")
