"""Where addresses are, by the operator's file or not at all."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from risk.locator import NobodyKnows, Place, PlacesFile

FILE = """network,country,province
203.0.113.0/24,cn,Shanghai
203.0.113.128/25,CN,Beijing
2001:db8::/32,FR,
"""


@pytest.fixture
def places(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text(FILE)
    return PlacesFile(path)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", Place("CN", "Shanghai")),
        ("203.0.113.200", Place("CN", "Beijing")),
        ("2001:db8::1", Place("FR", "")),
        ("198.51.100.1", None),
        ("::1", None),
        ("not an address", None),
    ],
)
def test_the_narrowest_network_counts(places, address, place):
    assert places.locate(address) == place


def test_without_a_file_nobody_knows():
    assert NobodyKnows().locate("203.0.113.7") is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("network,country\n", "no column province"),
        ("network,country,province\n203.0.113.1/24,CN,\n", "line 2"),
        ("network,country,province\n203.0.113.0/24,China,\n", "line 2: a country has two letters"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_at_the_line(tmp_path, content, complaint):
    path = tmp_path / "places.csv"
    path.write_text(content)

    with pytest.raises(ImproperlyConfigured, match=complaint):
        PlacesFile(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        PlacesFile(tmp_path / "nowhere.csv")
