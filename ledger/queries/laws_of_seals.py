"""The laws of seals: nothing that was sealed was changed, taken away, put in or sealed anew."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from django.db import connection
from django.utils.translation import gettext_lazy as _

from ledger import merkle, sealing
from ledger.heads import BadLine, Published
from ledger.leaves import STREAMS, Stream
from ledger.models import Seal
from ledger.queries import seals
from ledger.queries.integrity import SHOWN_PER_LAW, Law, Progress, Violation

LAG_SECONDS_MAX = 3_600
"""Rows that have waited longer for their seal break a law; sealing is due every minute."""
PUBLISHING_SECONDS_MAX = 300
"""A block that is older has to be published; a run publishes when it has ended."""


def laws_of_seals(published: Published, *, after: int = 0) -> tuple[Law, ...]:
    """Return the laws of seals, to be asked against heads that were read before.

    Read them before the proof's moment begins: what is published then is in the chain. Rows of
    blocks up to the number `after` are taken as proved; the chain itself never is.
    """
    return (
        Law(
            code="seals_follow",
            sentence=_("The seals follow one another, and each bears the hash of its key."),
            proof=_chain_differences,
        ),
        Law(
            code="sealed_rows_stand",
            sentence=_("Every sealed row says what it said when it was sealed."),
            proof=partial(_row_differences, after=after),
        ),
        Law(
            code="rows_are_sealed",
            sentence=_("No row was passed over by the seals, sealed twice, or waits for long."),
            proof=partial(_gaps, is_whole=not after),
        ),
        Law(
            code="heads_are_of_this_chain",
            sentence=_("Every end of the chain that was published is in the chain."),
            proof=partial(_head_differences, published=published),
        ),
    )


# --- the chain ----------------------------------------------------------------------------------


def _chain_differences(on_progress: Progress) -> tuple[int, Sequence[Violation]]:
    found: list[Violation] = []
    number, previous = 0, sealing.FIRST_PREVIOUS
    for seal in Seal.objects.order_by("number").defer("ids", "leaves").iterator():
        found.extend(_broken_links(seal, number=number, previous=previous))
        number, previous = seal.number, bytes(seal.hmac)
    return number, found


def _broken_links(seal: Seal, *, number: int, previous: bytes) -> Iterator[Violation]:
    subject = f"block {seal.number} {seal.stream}"
    if seal.number != number + 1:
        yield _broken("seals_follow", subject, f"block {number + 1} before it", "no such block")
    elif bytes(seal.previous_hmac) != previous:
        yield _broken(
            "seals_follow", subject, f"after {previous.hex()}", bytes(seal.previous_hmac).hex()
        )
    wanted = sealing.hmac_of(seal.header)
    if wanted is None:
        yield _broken("seals_follow", subject, f"the key {seal.key_id}", "no such key")
    elif not hmac.compare_digest(wanted, bytes(seal.hmac)):
        yield _broken("seals_follow", subject, "its keyed hash", bytes(seal.hmac).hex())


# --- the rows -----------------------------------------------------------------------------------


def _row_differences(on_progress: Progress, *, after: int) -> tuple[int, Sequence[Violation]]:
    found: list[Violation] = []
    checked = 0
    blocks = Seal.objects.filter(number__gt=after)
    number_of_blocks = blocks.count()
    for place, seal in enumerate(_in_order(after), 1):
        found.extend(broken_rows(seal))
        checked += seal.count
        on_progress(place, number_of_blocks)
        if len(found) >= SHOWN_PER_LAW:
            break
    return checked, found


def broken_rows(seal: Seal) -> Iterator[Violation]:
    """Yield what is wrong with a block's own leaves, or else the rows that say something else."""
    law, subject = "sealed_rows_stand", f"block {seal.number} {seal.stream}"
    if not seal.is_known:
        yield _broken(law, subject, "a stream of ours", f"{seal.stream} in form {seal.form}")
        return
    kept = merkle.split(bytes(seal.leaves))
    if len(kept) != seal.count or merkle.root_of(kept) != bytes(seal.root):
        yield _broken(law, subject, f"leaves of the root {bytes(seal.root).hex()}", "others")
        return
    if len(seal.ids) != seal.count:
        yield _broken(law, subject, f"{seal.count} members", str(len(seal.ids)))
        return
    stream = STREAMS[seal.stream]
    for row_id, was, is_now in zip(
        seal.ids, kept, seals.leaves_of(stream, seal.form, seal.ids), strict=True
    ):
        if is_now != was:
            found = "no such row" if is_now is None else f"leaf {is_now.hex()}"
            yield _broken(law, f"{subject} #{row_id}", f"leaf {was.hex()}", found)


def _in_order(after: int) -> Iterator[Seal]:
    """Yield whole blocks in order, one at a time: each carries up to 40 kB of members."""
    numbers = Seal.objects.filter(number__gt=after).order_by("number").values_list("number")
    for (number,) in list(numbers):
        yield Seal.objects.get(number=number)


# --- rows in no block ---------------------------------------------------------------------------


def _gaps(on_progress: Progress, *, is_whole: bool) -> tuple[int, Sequence[Violation]]:
    found: list[Violation] = []
    checked = 0
    cluster = seals.cluster_identifier()
    for stream in STREAMS.values():
        last = Seal.objects.filter(stream=stream.name).order_by("-number").first()
        floor = last.floor if last is not None and last.cluster == cluster else 0
        if is_whole:
            checked += _count(stream)
            found.extend(_passed_over(stream, floor=floor))
            found.extend(_sealed_twice(stream))
    lag = seals.seal_lag()
    if lag.seconds > LAG_SECONDS_MAX:
        found.append(
            _broken(
                "rows_are_sealed",
                f"a row of {lag.recorded_at}",
                f"sealed within {LAG_SECONDS_MAX} s",
                f"waiting for {lag.seconds} s",
            )
        )
    return checked, found


def _passed_over(stream: Stream, *, floor: int) -> Iterator[Violation]:
    """Yield rows in no block that no run will look at again: nobody wrote them in their turn.

    Without a floor the next run looks at all of them.
    """
    if not floor:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.id, t.xact FROM {stream.table} t
                WHERE (t.xact < %s::xid8 OR t.xact >= pg_snapshot_xmax(pg_current_snapshot()))
                  AND NOT EXISTS (
                    SELECT FROM (SELECT unnest(ids) AS id FROM ledger_seal WHERE stream = %s) member
                    WHERE member.id = t.id)
                ORDER BY t.id LIMIT {SHOWN_PER_LAW}""",  # noqa: S608  constants of ours
            [str(floor), stream.name],
        )
        for row_id, xact in cursor.fetchall():
            yield _broken(
                "rows_are_sealed",
                f"{stream.name} #{row_id}",
                "a seal",
                f"none, though written by transaction {xact} and all below {floor} are sealed",
            )


def _sealed_twice(stream: Stream) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id, array_agg(number ORDER BY number)
                FROM ledger_seal, unnest(ids) AS id WHERE stream = %s
                GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT {SHOWN_PER_LAW}""",  # noqa: S608  a number of ours
            [stream.name],
        )
        for row_id, numbers in cursor.fetchall():
            yield _broken(
                "rows_are_sealed", f"{stream.name} #{row_id}", "one seal", f"blocks {numbers}"
            )


def _count(stream: Stream) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {stream.table}")  # noqa: S608  a constant of ours
        return int(cursor.fetchone()[0])


# --- published heads ----------------------------------------------------------------------------


def _head_differences(
    on_progress: Progress, *, published: Published
) -> tuple[int, Sequence[Violation]]:
    law = "heads_are_of_this_chain"
    blocks = _blocks_and_sums()
    found = [
        _broken(law, f"line {bad.place} of the published heads", "a head of ours", bad.why)
        for bad in published.bad_lines
        if not _is_made_good(bad, published, blocks)
    ]
    before = 0
    for head in published.heads:
        subject = f"published head of block {head.number}"
        known = blocks.get(head.number)
        if head.number <= before:
            found.append(_broken(law, subject, f"one after block {before}", "out of order"))
        elif known is None:
            found.append(_broken(law, subject, head.hmac.hex(), "no such block"))
        elif known[0] != head.hmac:
            found.append(_broken(law, subject, head.hmac.hex(), known[0].hex()))
        elif known[1] != sealing.totals_text(head.totals):
            found.append(_broken(law, subject, sealing.totals_text(head.totals), known[1]))
        before = max(before, head.number)
    found.extend(_unpublished(after=before))
    return len(published.heads), found


def _is_made_good(
    bad: BadLine, published: Published, blocks: Mapping[int, tuple[bytes, str]]
) -> bool:
    """Tell whether a torn line was followed by a head of this chain, which says all that it did.

    The run after a crash publishes the same block or a later one. A whole line that is not ours
    was written by somebody else, and no other line makes that good.
    """
    head = published.head_after(bad)
    if not bad.is_torn or head is None or head.number not in blocks:
        return False
    return blocks[head.number][0] == head.hmac


def _blocks_and_sums() -> dict[int, tuple[bytes, str]]:
    """Return of each block its keyed hash, and the totals of all entries up to it."""
    sums: dict[str, dict[str, int]] = {}
    found: dict[int, tuple[bytes, str]] = {}
    rows = Seal.objects.order_by("number").values_list("number", "hmac", "totals")
    for number, digest, totals in rows:
        for currency, sides in totals.items():
            sum_ = sums.setdefault(currency, {"debits": 0, "credits": 0})
            sum_["debits"] += sides["debits"]
            sum_["credits"] += sides["credits"]
        found[number] = (bytes(digest), sealing.totals_text(sums))
    return found


def _unpublished(*, after: int) -> Iterator[Violation]:
    """Yield the first block of those that should have been published long ago."""
    oldest = Seal.objects.filter(number__gt=after).order_by("number").first()
    if oldest is None:
        return
    waited = (seals.machine_time() - oldest.sealed_at).total_seconds()
    if waited > PUBLISHING_SECONDS_MAX:
        yield _broken(
            "heads_are_of_this_chain",
            f"block {oldest.number} {oldest.stream}",
            "a published head at it or after it",
            f"the last one is of block {after}" if after else "none",
        )


def _broken(law: str, subject: str, expected: str, found: str) -> Violation:
    return Violation(law, subject, expected, found)
