"""The proof that one row was sealed: from what it says to a published end of the chain."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from ledger import heads, merkle, sealing
from ledger.heads import Head
from ledger.leaves import ENTRIES, Stream
from ledger.merkle import Step
from ledger.models import JournalEntry, Seal
from ledger.queries import seals


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What proves one row: its content now, its leaf, the path to the root, and a later head.

    `content` is None where the row is gone, `head` as long as none was published after its block.
    `stands` tells whether the row says what it said, and leaf, path and chain lead to the head.
    """

    stream: str
    row_id: int
    content: str | None
    leaf: bytes
    path: Sequence[Step]
    block: Seal
    head: Head | None
    stands: bool


def entries_named(name: str) -> list[JournalEntry]:
    """Return the entries of a number, a source, or the id of what caused them (`pay_…`)."""
    if name.isdecimal():
        return list(JournalEntry.objects.filter(pk=int(name)))
    by_source = JournalEntry.objects.filter(source=name)
    return list(by_source or JournalEntry.objects.filter(subject=name).order_by("pk"))


def seal_of(stream: Stream, row_id: int) -> Seal | None:
    """Return the block that a row is in, or None if it is in none yet."""
    return Seal.objects.filter(
        stream=stream.name,
        first_id__lte=row_id,
        last_id__gte=row_id,
        ids__contains=[row_id],
    ).first()


@transaction.atomic
def inclusion_of(row_id: int, *, stream: Stream = ENTRIES) -> Inclusion | None:
    """Prove that a row was sealed and says what it said; None if it is in no block yet.

    It writes and locks nothing.
    """
    block = seal_of(stream, row_id)
    if block is None:
        return None
    content = seals.content_of(stream, block.form, row_id) if block.is_known else None
    kept = merkle.split(bytes(block.leaves))
    place = list(block.ids).index(row_id)
    path = merkle.path_of(kept, place)
    leaf = kept[place] if content is None else merkle.leaf_of(content.encode())
    head = _first_head_after(block.number)
    return Inclusion(
        stream=block.stream,
        row_id=row_id,
        content=content,
        leaf=leaf,
        path=path,
        block=block,
        head=head,
        stands=(
            content is not None
            and merkle.root_by_path(leaf, path) == bytes(block.root)
            and _leads_to(block, head)
        ),
    )


def _first_head_after(number: int) -> Head | None:
    return next((head for head in heads.published().heads if head.number >= number), None)


def _leads_to(block: Seal, head: Head | None) -> bool:
    """Tell whether the chain is whole from a block to a published head, or to its own hash."""
    last = block.number if head is None else head.number
    links = Seal.objects.filter(number__gte=block.number, number__lte=last).order_by("number")
    previous = bytes(block.previous_hmac)
    number = block.number
    for link in links.defer("ids", "leaves"):
        told = sealing.hmac_of(link.header)
        if link.number != number or bytes(link.previous_hmac) != previous or told is None:
            return False
        if not hmac.compare_digest(told, bytes(link.hmac)):
            return False
        previous, number = told, number + 1
    return number == last + 1 and (head is None or hmac.compare_digest(previous, head.hmac))
