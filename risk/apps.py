"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    """Judges: limits, screenings and their reasons."""

    name = "risk"
    verbose_name = _("Risk")
