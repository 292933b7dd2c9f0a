"""The one place that reads the time for doors; in a sandbox it may be a virtual one."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

_read: dict[Path, tuple[int, datetime]] = {}


def now() -> datetime:
    """Return the instant to pass on as `at`: aware, in UTC.

    With SANDBOX and SANDBOX_CLOCK_FILE it is what that file says, read again when it changes.

    Raises ImproperlyConfigured if the file is missing or holds no instant with a zone.
    """
    if settings.SANDBOX and settings.SANDBOX_CLOCK_FILE:
        return _virtual_now(Path(settings.SANDBOX_CLOCK_FILE))
    return timezone.now()


def set_virtual_now(path: Path, *, at: datetime) -> None:
    """Set the virtual clock in `path` to `at`; readers see the old instant or the new one."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(at.astimezone(UTC).isoformat())
    draft.replace(path)


def _virtual_now(path: Path) -> datetime:
    try:
        changed_ns = path.stat().st_mtime_ns
        known = _read.get(path)
        if known is not None and known[0] == changed_ns:
            return known[1]
        instant = datetime.fromisoformat(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"SANDBOX_CLOCK_FILE must be a file with an ISO instant: {error}"
        ) from error
    if instant.tzinfo is None:
        raise ImproperlyConfigured("SANDBOX_CLOCK_FILE must hold an instant with its zone.")
    instant = instant.astimezone(UTC)
    _read[path] = (changed_ns, instant)
    return instant
