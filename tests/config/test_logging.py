"""What log lines may not say."""

import logging

from django.conf import settings

from config import logging as house

TOKEN = "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c"


def line_of(message: str, *arguments: object) -> str:
    """Write one line as the house's handler does."""
    formatter = settings.LOGGING["formatters"]["house"]
    made = formatter["()"](
        processor=formatter["processor"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, arguments, None)
    return str(made.format(record))


def test_the_key_of_a_checkout_page_is_not_written() -> None:
    # When
    line = line_of("%s: %s", "Forbidden", f"/checkout/{TOKEN}/method")

    # Then
    assert TOKEN not in line
    assert "/checkout/…/method" in line


def test_other_addresses_stay_as_they_are() -> None:
    assert "/v1/payments/pay_01jd" in line_of("%s: %s", "Not Found", "/v1/payments/pay_01jd")


def test_every_handler_masks() -> None:
    assert house.without_keys in house.SHARED_PROCESSORS


def test_a_card_number_is_never_written() -> None:
    for message, arguments in (
        ("Bad Request: /v1/payments/4242424242424242", ()),
        ("%s", ("4242 4242 4242 4242",)),
        ("%s", ({"deep": ["4242-4242-4242-4242", 5555555555554444]},)),
        ("%s", (b"pan=4242424242424242",)),
    ):
        line = line_of(message, *arguments)
        assert "4242424242424242" not in line.replace(" ", "").replace("-", "")
        assert "5555555555554444" not in line
        assert "[card number]" in line


def test_a_card_number_in_a_named_value_is_never_written() -> None:
    # When
    event = house.without_cards(
        None, "", {"pan": 4242424242424242, "rows": ({"n": "5555555555554444"},), "at": 1.5}
    )

    # Then
    assert event == {"pan": "[card number]", "rows": [{"n": "[card number]"}], "at": 1.5}


def test_times_and_ids_are_written_as_they_are() -> None:
    # Given what would fit the check digit of a card
    text = "1772683200005 20260305120001 pay_01jd4242424242424242424242"

    # Then
    assert text in line_of(text)
