"""What was judged, and why."""

from collections.abc import Sequence

from risk.models import Screening


def screenings_of(subject: str) -> Sequence[Screening]:
    """Return all judgements of a payment or a settlement, the newest first."""
    return list(Screening.objects.filter(subject=subject).select_related("release"))


def counted_screenings(subject: str) -> Sequence[Screening]:
    """Return the judgements that used limits and have not given them back, the oldest first."""
    return list(Screening.objects.filter(subject=subject).counted().order_by("at", "id"))


def given_back_screenings(subject: str) -> Sequence[Screening]:
    """Return the judgements that used limits, if all that was used was given back, oldest first.

    Empty where something is counted still, and where nothing ever was. One query.
    """
    used = Screening.objects.filter(subject=subject).exclude(consumed=[]).select_related("release")
    screenings = list(used.order_by("at", "id"))
    is_free = all(hasattr(screening, "release") for screening in screenings)
    return screenings if is_free else []
