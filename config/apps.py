"""The wiring as a Django app, for its commands, templates and checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WiringConfig(AppConfig):
    """`config` itself: no models, but commands, checks, templates and static files."""

    name = "config"
    verbose_name = _("Wiring")

    def ready(self) -> None:
        """Register the system checks of the deployment."""
        from config import checks  # noqa: F401  registering is the import's effect
