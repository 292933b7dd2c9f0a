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
