"""Bills: where the adapter goes for the file, where it does not, and what it makes of it."""

import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest

from payments.channels import archives
from payments.channels import transport as wire
from payments.channels.alipay import bill_sums, bills
from payments.channels.base import BillingChannel, OutcomeKind
from tests.contracts.counterparts import counterpart
from tests.instants import NOON
from tests.payments.channels.gateway import Reply

DAY = date(2026, 1, 4)
AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
GATEWAY = "https://openapi.alipay.com/gateway.do"
EMPTY_ZIP = b"PK\x05\x06" + b"\0" * 18
HEAD = "#起始日期：[2026年01月04日 00:00:00]   终止日期：[2026年01月05日 00:00:00]\n"
END = "#-----业务明细列表结束-----\n"


def bill(*, head=HEAD, rows="", end=END, how=zipfile.ZIP_DEFLATED) -> bytes:
    """Pack a bill."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", how) as archive:
        archive.writestr("20880000000000010156_20260104_x.csv", (head + rows + end).encode("gbk"))
    return packed.getvalue()


BILL = bill()


@pytest.fixture
def lies_at(gateway, signed, config):
    """Return a function that answers with the place of the file, and there with the file."""

    def answer(url: str, file: Reply | None = None) -> None:
        def reply(received) -> Reply:
            if received.method == "GET":
                return file or Reply(BILL)
            node = {"code": "10000", "msg": "Success", "bill_download_url": url}
            name = received.params["method"].replace(".", "_") + "_response"
            return Reply(signed(name, node))

        gateway.reply = reply

    return answer


class TestFetch:
    def test_asks_for_the_place_and_fetches_the_bytes_from_there(
        self, channel, gateway, config, lies_at
    ):
        # Given
        origin = config.gateway_url.removesuffix("/gateway.do")
        lies_at(f"{origin}/download.resource?fileType=csv.zip&bizDates=20260104")

        # When
        file = channel.fetch_bill(DAY, kind="trade", at=AT)

        # Then
        asked, fetched = gateway.received
        assert isinstance(channel, BillingChannel)
        assert file == BILL
        assert asked.params["method"] == "alipay.data.dataservice.bill.downloadurl.query"
        assert json.loads(asked.data["biz_content"]) == {
            "bill_type": "trade",
            "bill_date": "2026-01-04",
        }
        assert fetched.target == "/download.resource?fileType=csv.zip&bizDates=20260104"

    @pytest.mark.parametrize("code", ["isp.bill_not_exist", "BILL_NOT_EXIST"])
    def test_there_may_be_none_yet(self, channel, answers, code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=code, sub_msg="账单不存在")

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "NOT_FOUND")

    @pytest.mark.parametrize("code", ["isv.invalid_arguments", "isp.unknow-error", "NEXT_YEAR"])
    def test_any_other_refusal_says_nothing_about_the_day(self, channel, answers, code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=code)

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)

    @pytest.mark.parametrize(
        ("file", "code"),
        [
            (Reply(b"expired", status=404), "HTTP_STATUS"),
            (Reply(b"", status=302, headers=(("Location", "http://127.0.0.1/"),)), "HTTP_STATUS"),
            (Reply(b"<html>"), "UNREADABLE_ANSWER"),
            (Reply(b""), "UNREADABLE_ANSWER"),
            (Reply(EMPTY_ZIP), "UNREADABLE_ANSWER"),
            (Reply(BILL[:-1]), "UNREADABLE_ANSWER"),
            (Reply(BILL[:100]), "UNREADABLE_ANSWER"),
            (Reply(BILL + b"\0"), "UNREADABLE_ANSWER"),
            (Reply(b"\0" + BILL), "UNREADABLE_ANSWER"),
            (Reply(bill(end="")), "UNREADABLE_ANSWER"),
            (Reply(bill(head=HEAD.replace("04", "05"))), "OTHER_NUMBER"),
            (Reply(BILL, fault="cut"), "NO_ANSWER"),
            (Reply(fault="reset"), "NO_ANSWER"),
        ],
    )
    def test_f47_a_file_that_is_none_is_not_taken(
        self, channel, gateway, config, lies_at, file, code
    ):
        # Given
        lies_at(config.gateway_url.replace("gateway.do", "bill"), file)

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)
        assert len(gateway.received) == 2

    def test_a_file_beyond_the_limit_is_not_read(self, channel, config, lies_at, monkeypatch):
        # Given
        monkeypatch.setattr(bills, "FILE_BYTES_MAX", wire.ANSWER_BYTES_MAX + 1)
        lies_at(
            config.gateway_url.replace("gateway.do", "bill"),
            Reply(BILL.ljust(wire.ANSWER_BYTES_MAX + 2, b"\0")),
        )

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "NO_ANSWER")
        assert "longer than" in outcome.message

    def test_a_file_longer_than_an_answer_is_read(self, channel, config, lies_at):
        # Given
        file = bill(rows="x\n" * wire.ANSWER_BYTES_MAX, how=zipfile.ZIP_STORED)
        lies_at(config.gateway_url.replace("gateway.do", "bill"), Reply(file))

        # Then
        assert channel.fetch_bill(DAY, kind="trade", at=AT) == file

    def test_a_line_longer_than_lines_are_is_not_read(self, channel, config, lies_at):
        # Given
        file = bill(rows="x" * archives.LINE_BYTES_MAX + "\n")
        lies_at(config.gateway_url.replace("gateway.do", "bill"), Reply(file))

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert outcome.message == "The file is broken: a line of it is too long."

    def test_one_without_its_day_is_taken_if_it_has_an_end(self, channel, config, lies_at):
        # Given one of a day without trades, as they are seen
        file = bill(head="#支付宝业务明细查询\n")
        lies_at(config.gateway_url.replace("gateway.do", "bill"), Reply(file))

        # Then
        assert channel.fetch_bill(DAY, kind="trade", at=AT) == file

    @pytest.mark.parametrize(
        ("limit", "most", "words"),
        [
            ("UNPACKED_BYTES_MAX", 10, "The file is broken: it is too long."),
            ("MEMBERS_MAX", 0, "The file is broken: it has too many members."),
        ],
    )
    def test_no_more_is_unpacked_than_a_bill_can_be(
        self, channel, config, lies_at, monkeypatch, limit, most, words
    ):
        # Given
        monkeypatch.setattr(archives, limit, most)
        lies_at(config.gateway_url.replace("gateway.do", "bill"), Reply(BILL))

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.message) == (OutcomeKind.UNKNOWN, words)

    def test_a_file_at_a_strange_place_is_not_gone_to(self, channel, gateway, lies_at):
        # Given
        lies_at("http://169.254.169.254/latest/meta-data/")

        # Then
        outcome = channel.fetch_bill(DAY, kind="trade", at=AT)
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "UNREADABLE_ANSWER")
        assert len(gateway.received) == 1

    def test_a_kind_that_alipay_does_not_have_is_asked_of_nobody(self, channel, gateway):
        with pytest.raises(ValueError, match="no bill of kind 'ALL'"):
            channel.fetch_bill(DAY, kind="ALL", at=AT)
        assert gateway.received == []


class TestTrustedUrl:
    @pytest.mark.parametrize(
        ("url", "trusted"),
        [
            (
                "http://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=X&userId=1",
                "https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=X&userId=1",
            ),
            ("https://dwbillcenter.alipay.com/x", "https://dwbillcenter.alipay.com/x"),
            ("https://dwbillcenter.alipay.com:443/x", "https://dwbillcenter.alipay.com/x"),
            ("https://openapi-sandbox.dl.alipaydev.com/x",) * 2,
            ("https://openapi.alipay.com/bill?a=b",) * 2,
        ],
    )
    def test_goes_to_alipay_by_https(self, url, trusted):
        assert bills.trusted_url(url, gateway_url=GATEWAY) == trusted

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "/bill",
            "ftp://dwbillcenter.alipay.com/x",
            "file:///etc/passwd",
            "http://127.0.0.1/x",
            "http://[::1]/x",
            "https://alipay.com.evil.example/x",
            "https://evilalipay.com/x",
            "https://alipay.com@evil.example/x",
            "https://evil@dwbillcenter.alipay.com/x",
            "https://evil.example\\.alipay.com/x",
            "https://evil.example/.alipay.com",
            "https://evil.example#.alipay.com",
            "https://dwbillcenter.alipay.com:8080/x",
            "https://dwbillcenter.alipay.com:x/x",
            "https://dwbillcenter.alipay.com/x\r\nHost: evil",
            "https://dwbillcenter。alipay.com/x",
        ],
    )
    def test_goes_nowhere_else(self, url):
        assert bills.trusted_url(url, gateway_url=GATEWAY) == ""

    def test_goes_to_the_gateway_itself_wherever_that_is(self):
        gateway = "http://simulator:8770/gateway.do"
        for url, trusted in [
            ("http://simulator:8770/alipay/bill?x=1", "http://simulator:8770/alipay/bill?x=1"),
            ("http://simulator:8771/alipay/bill", ""),
            ("https://simulator:8770/alipay/bill", ""),
        ]:
            assert bills.trusted_url(url, gateway_url=gateway) == trusted


def test_the_published_bill_is_summed_up_as_it_says(shared):
    # Given
    vector = shared / "vectors/alipay/bills/trade_detail_20190916.gbk.csv"
    lines = [(0, line) for line in vector.read_bytes().splitlines(keepends=True)]
    empty = (shared / "vectors/alipay/bills/trade_detail_empty.gbk.csv").read_bytes()
    sums = [place for place, (_, line) in enumerate(lines) if "合计".encode("gbk") in line]

    # When, Then
    assert bill_sums.fault_of(lines) == ""
    assert bill_sums.fault_of([(0, line) for line in empty.splitlines(keepends=True)]) == ""
    for place in (*range(5, 15), *sums):
        left_out = [*lines[:place], *lines[place + 1 :]]
        assert bill_sums.fault_of(left_out) in (bill_sums.WRONG_SUMS, bill_sums.NO_SUMS)


def test_fetches_the_simulated_bill_whose_columns_are_the_published_ones(
    simulator, transport, shared
):
    # Given
    other = counterpart("alipay", simulator, transport=transport, notify_url="", currency="CNY")
    simulator.set_clock(NOON, is_start=True)
    order = other.paid_order(at=NOON)
    simulator.set_clock(NOON + timedelta(days=1))

    # When
    file = other.channel.fetch_bill(NOON.date(), kind="trade", at=NOON + timedelta(days=1))

    # Then
    assert isinstance(file, bytes), file
    with zipfile.ZipFile(BytesIO(file)) as archive:
        lines = archive.read(archive.infolist()[0]).decode("gbk").splitlines()
    vector = shared / "vectors/alipay/bills/trade_detail_20190916.gbk.csv"
    published = vector.read_bytes().decode("gbk").splitlines()
    assert lines[4] == published[4]
    (row,) = [line.split(",") for line in lines[5:] if order.channel_no in line]
    assert len(row) == len(published[4].split(",")) == 25
