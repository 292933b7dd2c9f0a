"""Where an IP address is: a port, and the operator's own file behind it.

Without a file nobody knows any place, and the rules say so; nothing is ever guessed. The file
(`IP_PLACES_FILE`) is CSV with the columns network, country (ISO 3166, two letters) and province,
UTF-8 with a header; networks may nest, and the narrowest counts.
"""

import csv
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

COLUMNS = ("network", "country", "province")


@dataclass(frozen=True, slots=True)
class Place:
    """A country (two letters) and what is known of the province in it, perhaps nothing."""

    country: str
    province: str = ""

    def __str__(self) -> str:
        return f"{self.country} {self.province}".strip()


class IPLocator(Protocol):
    """One who knows where addresses are."""

    def locate(self, address: str) -> Place | None:
        """Return where an address is, or None if nobody can tell. Asks no network."""


class NobodyKnows:
    """The locator of who has no file."""

    def locate(self, address: str) -> Place | None:
        """Return None."""
        return None


class PlacesFile:
    """The operator's file, read once; a lookup costs one dictionary access per prefix length."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ImproperlyConfigured, naming the line that cannot be used."""
        self._places: dict[IPNetwork, Place] = {}
        try:
            for network, place in _lines(path):
                self._places[network] = place
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ImproperlyConfigured(f"IP_PLACES_FILE cannot be read: {error}") from error
        self._lengths: Mapping[int, list[int]] = {
            version: sorted(
                {one.prefixlen for one in self._places if one.version == version}, reverse=True
            )
            for version in (4, 6)
        }

    def locate(self, address: str) -> Place | None:
        """Return the place of the narrowest network that holds the address, or None."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return None
        for length in self._lengths[parsed.version]:
            place = self._places.get(ipaddress.ip_network((parsed, length), strict=False))
            if place is not None:
                return place
        return None


def get_locator() -> IPLocator:
    """Return the locator of this deployment. Raises ImproperlyConfigured for a broken file."""
    return _locator(settings.IP_PLACES_FILE)


@cache
def _locator(path: str) -> IPLocator:
    return PlacesFile(Path(path)) if path else NobodyKnows()


def _lines(path: Path) -> Iterator[tuple[IPNetwork, Place]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines, restval="")
        if missing := set(COLUMNS) - set(reader.fieldnames or ()):
            raise ImproperlyConfigured(
                f"IP_PLACES_FILE has no column {', '.join(sorted(missing))}."
            )
        for row in reader:
            try:
                network = ipaddress.ip_network(row["network"].strip())
            except ValueError as error:
                raise ImproperlyConfigured(
                    f"IP_PLACES_FILE, line {reader.line_num}: {error}"
                ) from error
            country = row["country"].strip().upper()
            if len(country) != 2 or not country.isascii() or not country.isalpha():
                raise ImproperlyConfigured(
                    f"IP_PLACES_FILE, line {reader.line_num}: a country has two letters."
                )
            yield network, Place(country, row["province"].strip())
