"""A day's bill: a signed answer names a file and its hash; the file itself is not signed."""

import gzip
import hashlib
import json
from datetime import date

import pytest

from payments.channels.base import BillingChannel, OutcomeKind
from payments.channels.wechatpay import bills
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.platform import AT
from tests.payments.channels.wechatpay.test_wechatpay_adapter import AUTHORIZATION

DAY = date(2026, 1, 4)
TEXT = "\ufeff交易时间,公众账号ID\r\n`2026-01-04 10:31:07,`wx1\r\n总交易单数\r\n`1\r\n".encode()
SHA1 = hashlib.sha1(TEXT).hexdigest()  # noqa: S324


@pytest.fixture
def bill(gateway, platform):
    """Return a function that lays a bill ready; changes are of the signed answer."""

    def lay(file=None, *, file_status=200, file_headers=(), **changes):
        url = f"{gateway.url.removesuffix('/gateway.do')}/v3/billdownload/file?token=a_B-1"
        answer = {"hash_type": "SHA1", "hash_value": SHA1, "download_url": url, **changes}
        body = gzip.compress(TEXT) if file is None else file

        def reply(received):
            if received.path == "/v3/billdownload/file":
                return Reply(body, status=file_status, headers=file_headers)
            return platform.reply(answer)

        gateway.reply = reply

    return lay


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("ALL", "/v3/bill/tradebill?bill_date=2026-01-04&bill_type=ALL&tar_type=GZIP"),
        ("REFUND", "/v3/bill/tradebill?bill_date=2026-01-04&bill_type=REFUND&tar_type=GZIP"),
        ("BASIC", "/v3/bill/fundflowbill?bill_date=2026-01-04&account_type=BASIC&tar_type=GZIP"),
    ],
)
def test_fetches_unpacks_and_checks_a_bill(channel, gateway, bill, kind, target):
    # Given
    bill()

    # When
    text = channel.fetch_bill(DAY, kind=kind, at=AT)

    # Then
    assert text == TEXT
    asked, fetched = gateway.received
    assert asked.target == target
    assert fetched.target == "/v3/billdownload/file?token=a_B-1"
    assert AUTHORIZATION.fullmatch(fetched.headers["authorization"])


def test_takes_a_file_that_came_unpacked_and_a_hash_in_capitals(channel, bill):
    bill(TEXT, hash_value=SHA1.upper())

    assert channel.fetch_bill(DAY, kind="ALL", at=AT) == TEXT


@pytest.mark.parametrize(
    "file",
    [
        gzip.compress(TEXT + b"\r\n"),
        gzip.compress(TEXT)[:-1],
        gzip.compress(TEXT)[:20],
        gzip.compress(TEXT) + b"more",
        b"\x1f\x8bnothing",
        b"",
        TEXT[:-1],
    ],
    # Packed bytes tell the second at which they were packed: no names for tests.
    ids=["another", "cut", "cut in its middle", "more", "no gzip", "empty", "unpacked and cut"],
)
def test_takes_no_file_that_is_not_the_promised_one(channel, bill, file):
    # Given
    bill(file)

    # When
    outcome = channel.fetch_bill(DAY, kind="ALL", at=AT)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "UNREADABLE_ANSWER")


@pytest.mark.parametrize("url", ["https://evil.example.com/a", "http://127.0.0.1:1/a", "", "/a"])
def test_fetches_from_the_gateways_host_alone(channel, gateway, bill, url):
    # Given
    bill(download_url=url)

    # When
    outcome = channel.fetch_bill(DAY, kind="ALL", at=AT)

    # Then
    assert outcome.code == "UNREADABLE_ANSWER"
    assert len(gateway.received) == 1


@pytest.mark.parametrize("change", [{"hash_type": "MD5"}, {"hash_value": ""}, {"hash_value": 1}])
def test_fetches_nothing_without_its_hash(channel, gateway, bill, change):
    # Given
    bill(**change)

    # When, Then
    assert channel.fetch_bill(DAY, kind="ALL", at=AT).code == "UNREADABLE_ANSWER"
    assert len(gateway.received) == 1


def test_unpacks_no_more_than_a_bill_can_be(monkeypatch, channel, bill):
    # Given a short file that grows
    long = b"x" * 10_000
    monkeypatch.setattr(bills, "FILE_BYTES_MAX", 9_999)
    bill(gzip.compress(long), hash_value=hashlib.sha1(long).hexdigest())  # noqa: S324

    # When
    outcome = channel.fetch_bill(DAY, kind="ALL", at=AT)

    # Then
    assert outcome.message == "The file is broken: it is too long."


def test_says_that_the_file_was_refused(channel, bill):
    bill(file_status=403)

    outcome = channel.fetch_bill(DAY, kind="ALL", at=AT)

    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "HTTP_STATUS")


def test_has_no_other_kinds(channel, gateway):
    assert isinstance(channel, BillingChannel)
    with pytest.raises(ValueError, match="no bill"):
        channel.fetch_bill(DAY, kind="trade", at=AT)
    assert gateway.received == []


def test_a_bills_hash_is_the_published_one(shared):
    # Given
    file = shared / "vectors/wechatpay/vectors_java_sdk.json"
    vector = json.loads(file.read_text())["sha"]
    text = vector["message"].encode()

    # When, Then
    assert bills.unpacked(text, sha1=vector["sha1"]) == text
    with pytest.raises(bills.BrokenFileError):
        bills.unpacked(text, sha1=vector["sha256"][:40])
