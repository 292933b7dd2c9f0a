from datetime import UTC, datetime

import pytest

from ledger.identifiers import new_id
from payments.actions.operations import channel_no_of
from payments.channels.unionpay import numbers


def test_the_time_is_read_off_the_number():
    # The first ten letters after the prefix are 1,772,683,200,000 ms: 2026-03-05 04:00:00 UTC.
    assert numbers.txn_time("ATT01KJY2E1G0QC5G9P75NJ72BVAT") == "20260305120000"


def test_every_number_of_ours_tells_the_moment_at_which_it_was_made():
    # Given
    before = numbers.shanghai_text(datetime.now(UTC))  # noqa: TID251

    # When
    told = numbers.txn_time(channel_no_of(new_id("att")))

    # Then
    assert before <= told <= numbers.shanghai_text(datetime.now(UTC))  # noqa: TID251


@pytest.mark.parametrize(
    "number",
    [
        "",
        "ATT_01KJY2E1G0QC5G9P75NJ72BVAT",
        "ATT-01KJY2E1G0QC5G9P75NJ72BVAT",
        "has spaces",
        "1234567",
        "ATT01KJY2E1G0QC5G9P75NJ72BVA",
        "ATTU1KJY2E1G0QC5G9P75NJ72BVAT",
        "ATT81KJY2E1G0QC5G9P75NJ72BVAT",
        "ATT7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "A" * 20 + "01KJY2E1G0QC5G9P75NJ72BVAT",
        "ATT01KJY2E1G0QC5G9P75NJ72BVAT\n",
    ],
)
def test_a_number_without_a_time_is_refused(number):
    assert numbers.txn_time(number) == ""
    assert numbers.refusal(number)


class TestTraceTime:
    NUMBER = "ATT01KJY2E1G0QC5G9P75NJ72BVAT"

    def test_takes_the_year_of_the_gateway_s_own_number(self):
        # When
        at = numbers.traced_at(
            "0305120700", query_id="202503051207000000017", channel_no=self.NUMBER
        )

        # Then
        assert at == datetime(2025, 3, 5, 4, 7, tzinfo=UTC)

    def test_takes_the_year_nearest_to_the_order_where_that_number_says_none(self):
        # When: three minutes after a new year, on an order of March
        at = numbers.traced_at("0101000300", query_id="7", channel_no=self.NUMBER)

        # Then
        assert at == datetime(2025, 12, 31, 16, 3, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "0230120000", "03051207", "0305120760", "03051207 1"])
    def test_refuses_what_is_no_time(self, text):
        with pytest.raises(ValueError, match=r"not yyyy|no such day"):
            numbers.traced_at(text, query_id="", channel_no=self.NUMBER)
