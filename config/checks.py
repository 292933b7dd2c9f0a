"""What Django says about a deployment before it starts: database, roles, heads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.db import Error, connection, connections

from ledger import fault_points

POSTGRES_VERSION_MIN = 17


@checks.register(Tags.security)
def check_database_roles(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn when one database role both owns the tables and works in them."""
    if settings.DATABASE_APPLICATION_ROLE is not None:
        return []
    return [
        checks.Warning(
            "One database role owns the tables and works in them, so it could undo the laws of"
            " the books.",
            hint="Give the application a role of its own: set DATABASE_URL to it and"
            " DATABASE_OWNER_URL to the owner.",
            id="tianping.W001",
        )
    ]


@checks.register(Tags.security, deploy=True)
def check_published_heads(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn when the end of the chain of seals is published beside everything else."""
    if not Path(settings.SEAL_HEADS_FILE).is_relative_to(settings.VAR_DIR):
        return []
    return [
        checks.Warning(
            "The published heads of the seals lie in var/, where whoever keeps the database may"
            " write as well.",
            hint="Set SEAL_HEADS_FILE to a place that the database's owner cannot write.",
            id="tianping.W002",
        )
    ]


@checks.register(Tags.security)
def check_fault_points(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse real money where somebody has armed what kills processes in tests."""
    if settings.SANDBOX or not fault_points.is_armed():
        return []
    return [
        checks.Error(
            "Fault points are armed: this process may kill itself in the middle of a deed.",
            hint="Only the settings modules of tests arm them; use config.settings.production.",
            id="tianping.E002",
        )
    ]


@checks.register(Tags.security)
def check_gateways(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a sandbox that knows a live channel, and real money where a simulator is known.

    Before its tables are made a database knows neither; one that cannot be reached says so itself.
    """
    from payments.actions.gateways import misplaced_accounts
    from payments.models import ChannelAccount

    try:
        if ChannelAccount._meta.db_table not in connection.introspection.table_names():
            return []
        misplaced = misplaced_accounts()
    except Error:
        return []
    hint = (
        "Test data never meets live channels: give them a deployment of their own."
        if settings.SANDBOX
        else "In a database that was rehearsed in, invented money is booked: serve it with"
        " SANDBOX=1, and give real money a database of its own."
    )
    return [
        checks.Error(f"Channel account {pk}: {refusal}", hint=hint, id="tianping.E003")
        for pk, refusal in misplaced
    ]


@checks.register(Tags.database)
def check_database_version(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Refuse a server older than PostgreSQL 17, which has no `transaction_timeout`."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        connection.ensure_connection()
        major = connection.connection.info.server_version // 10_000
        if major < POSTGRES_VERSION_MIN:
            messages.append(
                checks.Error(
                    f"PostgreSQL {POSTGRES_VERSION_MIN} is the minimum, and this server is"
                    f" PostgreSQL {major}.",
                    id="tianping.E001",
                )
            )
    return messages
