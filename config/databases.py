"""Which PostgreSQL this process talks to, in which role, and how patient it is.

Two roles: the owner makes and changes tables; the application role reads and writes them, and on
the tables that are law (ledger, audit) may only SELECT and INSERT. `manage.py` sets
DATABASE_ROLE=owner for the commands that change tables; everything else is the application.

- no DATABASE_URL: the embedded server, with both roles.
- DATABASE_URL and DATABASE_OWNER_URL: a server with both roles (PostgreSQL 17 or newer).
- DATABASE_URL alone: one role serves as both, and a system check warns.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import embedded_postgres

# For jobs and commands, instead of the short time-outs that hang on the application role.
PATIENT_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "lock_timeout": "60s",
        "statement_timeout": "300s",
        "transaction_timeout": "300s",
        "idle_in_transaction_session_timeout": "300s",
    }.items()
)


@dataclass(frozen=True)
class Addresses:
    """The two ways into the database; equal where one role serves as both."""

    application_url: str
    owner_url: str


def addresses(*, application_url: str, owner_url: str, var: Path) -> Addresses:
    """Return where the database is, starting the embedded one under `var` if none is named.

    Raises ImproperlyConfigured if only the owner is named.
    """
    if not application_url:
        if owner_url:
            raise ImproperlyConfigured("DATABASE_OWNER_URL is set, so DATABASE_URL must be too.")
        server = embedded_postgres.ensure_running(var)
        return Addresses(application_url=server.application_url, owner_url=server.owner_url)
    return Addresses(application_url=application_url, owner_url=owner_url or application_url)


def role_of(url: str) -> str | None:
    """Return the role that a PostgreSQL URL connects as, or None where it names none."""
    return _parts(url).get("user")


def connection_settings(url: str, *, pool_max: int = 0, options: str = "") -> dict[str, Any]:
    """Return Django's settings for a PostgreSQL URL as libpq reads it.

    `pool_max` > 0 keeps up to so many connections in Django's own pool; `options` are start
    options of the session, such as `-c statement_timeout=300s`.
    """
    parts = _parts(url)
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
    }
    extra: dict[str, Any] = dict(parts)
    if options:
        extra["options"] = " ".join(filter(None, [extra.get("options"), options]))
    if pool_max:
        extra["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": 10}
    settings["OPTIONS"] = extra
    return settings


def _parts(url: str) -> dict[str, str]:
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL and DATABASE_OWNER_URL must be PostgreSQL URLs: {error}"
        ) from error
    return {name: str(value) for name, value in parts.items() if value is not None}
