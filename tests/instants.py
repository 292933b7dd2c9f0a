"""Named moments: aware, in UTC, with what they are in Shanghai beside them."""

from datetime import UTC, date, datetime

THURSDAY = date(2026, 3, 5)
FRIDAY = date(2026, 3, 6)
SATURDAY = date(2026, 3, 7)
MONDAY = date(2026, 3, 9)

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
"""Thursday 2026-03-05 12:00 in Shanghai."""
NEXT_NOON = datetime(2026, 3, 6, 4, 0, tzinfo=UTC)
"""Friday 2026-03-06 12:00 in Shanghai."""
BEFORE_MIDNIGHT = datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC)
"""Thursday 2026-03-05 23:59:59 in Shanghai."""
AFTER_MIDNIGHT = datetime(2026, 3, 5, 16, 0, 0, tzinfo=UTC)
"""Friday 2026-03-06 00:00 in Shanghai."""
