"""Files that would harm who reads them."""

import pytest

from settlements.bills import documents
from settlements.bills.bank import parse_bank_statement
from settlements.bills.base import (
    BillInvalidError,
    BillTooLargeError,
    BillUnreadableError,
    BillUnsafeError,
    BillUnsupportedError,
)
from tests.settlements.bills.statement_texts import CAMT, balance, statement


class TestHostileFiles:
    @pytest.mark.parametrize(
        "head",
        [
            "<!DOCTYPE Document>",
            '<!DOCTYPE d [<!ENTITY a "1.00">]>',
            '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">',
            '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
            '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_refuses_a_document_type_before_anything_is_read(self, head, encoding):
        # Given
        plain = statement(balance("OPBD", "0"), balance("CLBD", "0")).decode()
        plain = plain.replace('<?xml version="1.0" encoding="UTF-8"?>', "")
        assert parse_bank_statement(plain.encode(encoding))

        # When
        with pytest.raises(BillUnsafeError) as refusal:
            parse_bank_statement((head + plain).encode(encoding))

        # Then
        assert str(refusal.value) == (
            "The file declares a document type or entities, as no bank does. Nothing was booked."
        )

    def test_includes_nothing_from_elsewhere(self):
        # Given
        data = statement(balance("OPBD", "0"), balance("CLBD", "0")).replace(
            b"<Id>S1</Id>",
            b'<Id><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text"'
            b' href="file:///etc/hostname"/></Id>',
        )

        # When, Then
        with pytest.raises(BillInvalidError):
            parse_bank_statement(data)

    def test_refuses_a_file_that_is_too_large_before_reading_it(self):
        # Given 20 MiB of nothing readable
        data = b"<" * (20 * 1024 * 1024 + 1)

        # When
        with pytest.raises(BillTooLargeError) as refusal:
            parse_bank_statement(data)

        # Then
        assert str(refusal.value) == "The file is larger than 20 MiB. Nothing was booked."
        with pytest.raises(BillUnreadableError):
            parse_bank_statement(data[:-1])

    def test_refuses_what_would_outgrow_memory(self, monkeypatch):
        # Given
        deep = f'<Document xmlns="{CAMT}">' + "<a>" * 64
        with pytest.raises(BillUnreadableError, match="deeply nested"):
            parse_bank_statement(deep.encode())

        # When
        monkeypatch.setattr(documents, "ELEMENTS_MAX", 30)
        wide = statement(balance("OPBD", "0"), balance("CLBD", "0"), "<a/>" * 30)

        # Then
        with pytest.raises(BillUnreadableError, match="too many"):
            parse_bank_statement(wide)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"hello",
            b"PK\x03\x04",
            b"<Document>",
            b'<?xml version="1.0" encoding="GB18030"?><Document/>',
            b'<?xml version="1.0" encoding="nonsense"?><Document/>',
            b'<?xml version="1.0" encoding="UTF-8"?><Document>\xca\xf7</Document>',
        ],
    )
    def test_refuses_what_is_not_readable_xml(self, data):
        with pytest.raises(BillUnreadableError, match=r"Nothing was booked\.$"):
            parse_bank_statement(data)

    @pytest.mark.parametrize(
        ("data", "found"),
        [
            (b"<Document/>", "Document"),
            (b"<html/>", "html"),
            (f'<BkToCstmrStmt xmlns="{CAMT}"/>'.encode(), "camt.053.001.08"),
            (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>', "camt.054"),
            (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"/>', "pain.002"),
        ],
    )
    def test_refuses_another_message_and_names_it(self, data, found):
        with pytest.raises(BillUnsupportedError) as refusal:
            parse_bank_statement(data)

        assert f"The file is {found}" in str(refusal.value)
        assert "camt.053.001.02, camt.053.001.08 is expected" in str(refusal.value)
