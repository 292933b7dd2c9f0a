"""The only row locks of risk. Counters are locked by their own guarded UPSERT, in id order."""

from collections.abc import Mapping

from risk.models import Limit


def locked_open_limit(address: Mapping[str, str]) -> Limit | None:
    """Return the limit of this address that has no end, locked until the transaction ends.

    The address is subject_kind, subject_id, deed, window and currency. None if there is none.
    """
    return Limit.objects.select_for_update().filter(**address, valid_until=None).first()
