"""The law of postings, asked of the accounts that moved since a proof."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from ledger.models import Seal
from ledger.queries import seals
from ledger.queries.integrity import LAWS, Law

FULL = next(law for law in LAWS if law.code == "postings_follow")


def postings_follow_after(number: int) -> Law:
    """Return the law that postings follow, for what was written after the block `number`.

    All of them where that cannot be told: after a restore, or before entries were sealed.
    """
    floor = _floor(number)
    if not floor:
        return FULL
    return replace(
        FULL,
        sentence=_("On every account the new postings go on from where the last proof ended."),
        count=_COUNT,
        differences=_DIFFERENCES,
        arguments=(str(floor),),
    )


def _floor(number: int) -> int:
    """Return the transaction below which all entries were in a block by then; 0 if none is told."""
    last = (
        Seal.objects.filter(stream="entries", number__lte=number)
        .order_by("-number")
        .values_list("cluster", "floor")
        .first()
    )
    return last[1] if last is not None and last[0] == seals.cluster_identifier() else 0


_NEW = """
SELECT p.id, p.account_id, p.seq
FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
WHERE e.xact >= %s::xid8
"""

_COUNT = f"SELECT count(*) FROM ({_NEW}) new"  # noqa: S608  a constant of this module

# From the last old posting of each account that moved; its own balance is taken as proved.
_DIFFERENCES = f"""
SELECT code || ' ' || owner_id || ' ' || currency || ' #' || seq,
       format('#%%s balance %%s', place, running),
       format('#%%s balance %%s', seq, balance_after_minor)
FROM (
  SELECT a.code, a.owner_id, a.currency, p.account_id, p.seq, p.balance_after_minor,
    greatest(moved.first - 1, 1) - 1 + row_number() OVER in_order AS place,
    coalesce(sum(CASE WHEN p.seq < moved.first THEN p.balance_after_minor
                      WHEN p.side = a.normal_side THEN p.amount_minor
                      ELSE -p.amount_minor END) OVER in_order, 0) AS running
  FROM (SELECT account_id, min(seq) AS first FROM ({_NEW}) new GROUP BY account_id) moved
  JOIN ledger_account a ON a.id = moved.account_id
  JOIN ledger_posting p ON p.account_id = moved.account_id AND p.seq >= moved.first - 1
  WINDOW in_order AS (PARTITION BY p.account_id ORDER BY p.seq)) told
WHERE seq <> place OR balance_after_minor <> running
ORDER BY account_id, seq"""  # noqa: S608  put together from a constant of this module
