"""Home: what waits for me, and the money of the last days."""

from typing import Any

from django.http import HttpRequest


def board(request: HttpRequest) -> dict[str, Any]:
    """Return what the home page shows to one person."""
    return {}
