"""Procrastinate's command; a worker looks first whether its database was restored from a backup."""

from typing import Any

from django.db import connections
from procrastinate.contrib.django.management.commands import procrastinate

from config import clock
from payments.actions import restores


class Command(procrastinate.Command):
    """Start workers and defer jobs, as Procrastinate does."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Hold everything back before the first job, if this database is older than the house."""
        if options.get("command") == "worker":
            restores.look_back(at=clock.now())
            connections.close_all()
        super().handle(*args, **options)
