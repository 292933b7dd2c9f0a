"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Takes money: merchants, payments, channels and fees."""

    name = "payments"
    verbose_name = _("Payments")
