"""Reading files of the books as their readers do."""

import pytest
from django.test import Client


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def taken(client: Client, url: str, query: dict[str, str], file_format: str = "csv") -> bytes:
    """Take a report away as a file."""
    response = client.post(url, {"format": file_format}, query_params=query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)
