"""What was judged, and why."""

from collections.abc import Sequence

from risk.models import Screening


def screenings_of(subject: str) -> Sequence[Screening]:
    """Return all judgements of a payment or a settlement, the newest first."""
    return list(Screening.objects.filter(subject=subject).select_related("release"))


def counted_screenings(subject: str) -> Sequence[Screening]:
    """Return the judgements that used limits and have not given them back, the oldest first."""
    return list(Screening.objects.filter(subject=subject).counted().order_by("at", "id"))
