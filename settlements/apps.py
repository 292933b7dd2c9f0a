"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SettlementsConfig(AppConfig):
    """Pays out, and proves it: settlements, payouts and statements."""

    name = "settlements"
    verbose_name = _("Settlements")
