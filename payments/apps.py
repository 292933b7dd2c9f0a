"""The app as Django sees it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Takes money: merchants, payments, channels and fees."""

    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Let no member of a merchant become staff."""
        from ledger.queries.roles import keep_outsiders_apart
        from payments.queries.members import is_member

        keep_outsiders_apart(is_member)
