"""Sealing: put settled rows into blocks of one chain, and publish where it ends."""

import logging
from collections.abc import Sequence

from django.db import connection, transaction

from ledger import heads, merkle, sealing
from ledger.heads import Head
from ledger.leaves import STREAMS, Stream
from ledger.models import Seal
from ledger.queries import seals
from ledger.queries.seals import Link, Waiting

logger = logging.getLogger(__name__)

BLOCK_ROWS_MAX = 1_000
_LOCK = 0x7469616E_7365616C
"""The advisory lock of whoever seals: one at a time in a database."""


def seal_all() -> int:
    """Seal every row that is settled, publish the end of the chain, and return how many blocks.

    Each block is a transaction of its own, so what was sealed stays so if this one dies. Doing it
    again seals what is new; when somebody else is sealing, it leaves the rest to them.
    """
    made = sum(_seal_stream(stream) for stream in STREAMS.values())
    publish_head()
    return made


def publish_head() -> Head | None:
    """Add the end of the chain to the published heads, unless it is there; return what was added.

    Heads are kept outside the database, so that nobody who owns it can shorten or rebuild the
    chain unseen. What a crash kept from being published is caught up with by the next call.
    """
    with heads.appending() as published:
        last = Seal.objects.order_by("-number").defer("ids", "leaves").first()
        if last is None or published.last_number >= last.number:
            return None
        head = Head(
            number=last.number,
            hmac=bytes(last.hmac),
            cluster=last.cluster,
            totals=seals.sealed_totals(),
            sealed_at=last.sealed_at,
            key_id=sealing.current_key_id(),
        )
        published.add(head)
    logger.info(
        "seals: head %d %s totals %s",
        head.number,
        head.hmac.hex(),
        sealing.totals_text(head.totals),
    )
    return head


def _seal_stream(stream: Stream) -> int:
    """Seal what waits in one stream; return how many blocks that took."""
    made = 0
    while True:
        link = seals.last_link()  # before the list: a block that comes between breaks the link
        waiting = seals.waiting_rows(stream)
        for taken in range(0, len(waiting.ids), BLOCK_ROWS_MAX):
            following = _seal_block(waiting, taken=taken, link=link)
            if following is None:
                return made
            link = following
            made += 1
        if waiting.is_complete:
            return made


@transaction.atomic(durable=True)
def _seal_block(waiting: Waiting, *, taken: int, link: Link) -> Link | None:
    """Seal the next rows of a list as the block after `link`, or return None if others seal."""
    if not _is_alone() or seals.last_link() != link:
        return None
    stream = waiting.stream
    ids = waiting.ids[taken : taken + BLOCK_ROWS_MAX]
    leaves = _present(seals.leaves_of(stream, stream.form, ids), stream)
    block = Seal(
        number=link.number + 1,
        stream=stream.name,
        form=stream.form,
        first_id=min(ids),
        last_id=max(ids),
        count=len(ids),
        ids=ids,
        leaves=b"".join(leaves),
        totals=seals.totals_of(stream, ids),
        root=merkle.root_of(leaves),
        previous_hmac=link.hmac,
        key_id=sealing.current_key_id(),
        cluster=waiting.cluster,
        floor=waiting.floor_after(taken + len(ids)),
        sealed_at=seals.machine_time(),
    )
    digest = sealing.hmac_of(block.header)
    assert digest is not None, "the current key is one of the keys"
    block.hmac = digest
    block.save(force_insert=True)
    return Link(block.number, digest)


def _is_alone() -> bool:
    """Tell whether this transaction is the one that seals; it stays so until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _present(leaves: Sequence[bytes | None], stream: Stream) -> list[bytes]:
    found = [leaf for leaf in leaves if leaf is not None]
    if len(found) != len(leaves):
        raise RuntimeError(f"Rows of {stream.table} went away while they were being sealed.")
    return found
