"""Read XML of strangers without its tricks, and find one's way in it.

Document types and entities are refused before anything is built from them; size, depth and
number of elements are limited.
"""

from collections.abc import Collection
from typing import Final
from xml.etree import ElementTree as ET

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

from settlements.bills.base import (
    BillInvalidError,
    BillTooLargeError,
    BillUnreadableError,
    BillUnsafeError,
    BillUnsupportedError,
)

MIB: Final = 1024 * 1024
BYTES_MAX: Final = 20 * MIB
ELEMENTS_MAX: Final = 1_000_000
DEPTH_MAX: Final = 64


class Node:
    """An element, whose parts are found by their names without the namespace."""

    def __init__(self, element: ET.Element, *, namespace: str) -> None:
        """Wrap an element of a document in this namespace."""
        self._element = element
        self._namespace = namespace

    def each(self, path: str) -> list["Node"]:
        """Give all elements at a path such as `Bal/Amt`."""
        found = self._element.findall(path, {"": self._namespace})
        return [Node(element, namespace=self._namespace) for element in found]

    def first(self, path: str) -> "Node | None":
        """Give the first element at a path, or none."""
        found = self._element.find(path, {"": self._namespace})
        return None if found is None else Node(found, namespace=self._namespace)

    def text(self, *paths: str) -> str:
        """Give the text at the first path that has one, in one line; else an empty text."""
        for path in paths:
            found = self._element.findtext(path, namespaces={"": self._namespace}) or ""
            line = " ".join(found.split())
            if line:
                return line
        return ""

    def required(self, *paths: str) -> str:
        """Give the text at the first path that has one.

        Raises BillInvalidError if none has.
        """
        text = self.text(*paths)
        if not text:
            raise BillInvalidError(place=paths[0], found="—")
        return text

    def required_node(self, path: str) -> "Node":
        """Give the first element at a path. Raises BillInvalidError if there is none."""
        found = self.first(path)
        if found is None:
            raise BillInvalidError(place=path, found="—")
        return found

    def attribute(self, name: str) -> str:
        """Give an attribute, or an empty text."""
        return self._element.get(name, "").strip()

    @property
    def name(self) -> str:
        """The element's name without the namespace."""
        return self._element.tag.rpartition("}")[2]


def read_document(data: bytes, *, namespaces: Collection[str]) -> Node:
    """Read a file that must be a document of one of these namespaces.

    Raises BillTooLargeError, BillUnsafeError, BillUnreadableError or BillUnsupportedError.
    """
    if len(data) > BYTES_MAX:
        raise BillTooLargeError(limit_mib=BYTES_MAX // MIB)
    root = _parsed(data)
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if namespace not in namespaces or root.tag != f"{{{namespace}}}Document":
        raise BillUnsupportedError(
            found=_message_name(namespace) or root.tag[:80],
            expected=", ".join(_message_name(name) for name in sorted(namespaces)),
        )
    return Node(root, namespace=namespace)


def _parsed(data: bytes) -> ET.Element:
    """Build the tree. Raises BillUnsafeError, BillUnreadableError."""
    parser = DefusedXMLParser(target=_LimitedBuilder(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: ET.Element = parser.close()
    except DefusedXmlException as error:
        raise BillUnsafeError from error
    # ParseError is malformed XML; ValueError and LookupError come from encodings.
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BillUnreadableError(reason=str(error)[:200]) from error
    return root


def _message_name(namespace: str) -> str:
    """Give the name by which banks know a message: `camt.053.001.08`."""
    return namespace.rpartition(":")[2][:80]


class _LimitedBuilder(ET.TreeBuilder):
    """Build a tree that cannot outgrow memory; a few bytes of XML make a large element."""

    def __init__(self) -> None:
        """Start counting."""
        super().__init__()
        self._elements = 0
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """Open an element. Raises ValueError beyond the limits."""
        self._elements += 1
        self._depth += 1
        if self._elements > ELEMENTS_MAX or self._depth > DEPTH_MAX:
            raise ValueError(_("too many or too deeply nested elements"))
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)
