"""F47: a bill that did not come whole, or is another one, is refused whole, by every adapter.

It is cut at every byte, which is more often than at every thousandth; at UnionPay also inside what
is signed. Sums are held against the lines; UnionPay's file has none.
"""

import base64
import hashlib
import io
import zipfile
import zlib
from dataclasses import replace

import pytest

from payments.channels import base
from payments.channels.base import OutcomeKind
from tests.contracts import extent
from tests.contracts.mutations import Tape
from tests.contracts.operations import PAID_AT
from tests.contracts.pens import pen_of
from tests.instants import FRIDAY, NEXT_NOON, THURSDAY

EVERY = extent.times(fast=7, whole=1)
"""A file of two lines is short: each byte of it is few enough."""
SIGNED_EVERY = extent.times(fast=211, whole=11)
"""To sign is slow."""
DISBELIEF = {base.UNREADABLE_ANSWER, base.BAD_SIGNATURE}


@pytest.fixture
def fetched(other):
    """Fetch Thursday's bill once; return all that came, and a function that reads it again."""
    for _ in range(2):
        other.paid_order(at=PAID_AT)
    other.other_side.set_clock(NEXT_NOON)
    tape = Tape(other.transport)
    other.transport = tape

    def read(*answers, day=THURSDAY):
        tape.played = list(answers)
        return other.channel.fetch_bill(day, kind=other.expected.bill, at=NEXT_NOON)

    whole = read()
    assert isinstance(whole, bytes)
    assert len(whole) > 100
    return tape.heard[:], read


@pytest.fixture
def pen(other, simulator_folder):
    return pen_of(other.expected.channel, owner=other.owner, folder=simulator_folder)


def refused(outcome) -> str:
    """See that nothing was taken, and give the code."""
    assert not isinstance(outcome, bytes)
    assert outcome.kind is OutcomeKind.UNKNOWN
    return outcome.code


def test_f47_the_file_is_refused_wherever_it_is_cut(fetched):
    # Given
    (*before, last), read = fetched
    whole = read(*before, last)

    for length in range(0, len(last.body), EVERY):
        # When, Then
        assert refused(read(*before, replace(last, body=last.body[:length]))) in DISBELIEF
    for more in (b"\0", last.body):
        assert refused(read(*before, replace(last, body=last.body + more))) in DISBELIEF

    # Then what came before is as it was
    assert read(*before, last) == whole


def test_f47_the_same_file_comes_as_often_as_it_is_fetched(fetched):
    answers, read = fetched
    assert read(*answers) == read(*answers) == read(*answers)


def test_f47_the_bill_of_another_day_is_refused(fetched):
    answers, read = fetched
    assert refused(read(*answers, day=FRIDAY)) == base.OTHER_NUMBER


@pytest.mark.parametrize("name", ["alipay"])
class TestAlipay:
    def test_f47_one_whose_sums_are_not_its_lines_is_refused_at_alipay(self, fetched):
        # Given
        (*place, file), read = fetched
        with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
            members = {one.filename: archive.read(one).split(b"\n") for one in archive.infolist()}

        def written(name: str = "", line: int = 0, *instead: bytes):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for member, lines in members.items():
                    said = [*lines[:line], *instead, *lines[line + 1 :]]
                    archive.writestr(member, b"\n".join(said if member == name else lines))
            return read(*place, replace(file, body=packed.getvalue()))

        # When, Then it is taken as it is, and with one line or one sum otherwise it is not
        assert isinstance(written(), bytes)
        for name, lines in members.items():
            for line, text in enumerate(lines):
                if b"100.00" not in text and b"200.00" not in text:
                    continue
                for instead in ([], [text, text], [text.replace(b"00.00", b"00.01", 1)]):
                    is_total = len(instead) != 1 and text.startswith("合计".encode("gbk"))
                    if is_total or (len(instead) == 2 and text.startswith(b"#")):
                        continue  # the second file may be without its total, and sums be told twice
                    assert refused(written(name, line, *instead)) == base.UNREADABLE_ANSWER


@pytest.mark.parametrize("name", ["wechatpay", "wechatpay_certificates"])
class TestWeChatPay:
    def test_f47_one_of_another_hash_is_refused(self, fetched, pen):
        # Given
        (place, file), read = fetched
        text = read(place, file)

        # When, Then: a word changed under the hash, and a hash changed beside the file
        for changed in (text.replace(b"1", b"2"), text[:-1], text + b"\r\n", b""):
            assert refused(read(place, replace(file, body=changed))) == base.UNREADABLE_ANSWER
        other = pen.answer(place, {"hash_value": hashlib.sha1(b"").hexdigest()})  # noqa: S324
        assert refused(read(other, file)) == base.UNREADABLE_ANSWER

        # Then an empty one is none, whatever was promised
        assert refused(read(other, replace(file, body=b""))) == base.UNREADABLE_ANSWER

    def test_f47_one_whose_sums_are_not_its_lines_is_refused(self, fetched, pen):
        # Given
        (place, file), read = fetched
        text = read(place, file)
        head, *rows, sums_head, sums, end = text.split(b"\r\n")
        (one, *_) = (row for row in rows if b"`100.00" in row)
        dearer = one.replace(b"`100.00", b"`100.01", 1)

        def written(*lines: bytes):
            body = b"\r\n".join(lines)
            digest = hashlib.sha1(body).hexdigest()  # noqa: S324
            return read(pen.answer(place, {"hash_value": digest}), replace(file, body=body))

        # When, Then it is taken as it is, and with one line or one sum otherwise it is not
        assert written(head, *rows, sums_head, sums, end) == text
        wrong = [
            (head, *rows[1:], sums_head, sums, end),
            (head, *rows, rows[0], sums_head, sums, end),
            (head, *[dearer if row == one else row for row in rows], sums_head, sums, end),
            (head, rows[0].rpartition(b",")[0], *rows[1:], sums_head, sums, end),
            (head, *rows, end),
            (head, *rows, sums_head, end),
            (head, *rows, sums_head, sums),
        ]
        cells = sums.split(b",")
        for place_of in range(len(cells)):
            other = [*cells[:place_of], cells[place_of] + b"1", *cells[place_of + 1 :]]
            wrong.append((head, *rows, sums_head, b",".join(other), end))
        for lines in wrong:
            assert refused(written(*lines)) == base.UNREADABLE_ANSWER


@pytest.mark.parametrize("name", ["unionpay"])
class TestUnionPay:
    def test_f47_one_that_was_cut_before_it_was_signed_is_refused(self, fetched, pen):
        # Given
        (answer,), read = fetched
        whole = read(answer)
        assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None
        packed = zlib.compress(whole)

        def signed(content: bytes):
            text = base64.b64encode(content).decode("ascii")
            return read(pen.answer(answer, {"fileContent": text}))

        # When, Then
        assert signed(packed) == whole
        for length in range(0, len(packed), SIGNED_EVERY):
            assert refused(signed(packed[:length])) == base.UNREADABLE_ANSWER
        for length in range(0, len(whole), SIGNED_EVERY):
            assert refused(signed(zlib.compress(whole[:length]))) == base.UNREADABLE_ANSWER
        for garbled in (packed + b"\0", zlib.compress(b""), zlib.compress(whole + b"\0"), b""):
            assert refused(signed(garbled)) == base.UNREADABLE_ANSWER
