"""Makes our site the admin of this deployment."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin, with our site instead of its own."""

    default_site = "config.back_office.site.BackOffice"

    def ready(self) -> None:
        """Find the pages of every app, and then those that only the wiring can make."""
        super().ready()
        from config.back_office import (  # noqa: F401  registering is the import's effect
            job_names,
            people,
        )
