"""Where a deed comes from: the client's address and the request that it is part of.

Whoever opens a door says it once, and whatever is written behind that door knows it: nothing in
between passes it on (docs/adr/0019).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is calling from where, and as part of what.

    `request_id` is the id of the request, or of the run of a job or command that no request
    asked for. `client_ip` is the address of whoever sent the request; a job that a request asked
    for keeps both.
    """

    client_ip: str | None = None
    request_id: str = ""

    def as_arguments(self) -> dict[str, str]:
        """Return what a job carries of it, as JSON can."""
        if not self.request_id:
            return {}
        return {"request_id": self.request_id, "client_ip": self.client_ip or ""}


_NOWHERE = Origin()
_CURRENT: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def current() -> Origin:
    """Return where the current deed comes from; an empty origin when nobody said."""
    return _CURRENT.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let all that is done in a block come from there."""
    token = _CURRENT.set(origin)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def of_job(arguments: dict[str, str]) -> Origin:
    """Return the origin that a job carries, or an id of its own for a job of the clock."""
    if not arguments:
        return Origin(request_id=f"job-{uuid.uuid4()}")
    return Origin(
        client_ip=arguments["client_ip"] or None,
        request_id=arguments["request_id"],
    )


def of_command() -> Origin:
    """Return the origin of somebody's command at a terminal: an id of its own."""
    return Origin(request_id=f"run-{uuid.uuid4()}")
