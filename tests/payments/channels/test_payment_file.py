"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
import xmlschema
from defusedxml import ElementTree as SafeTree

from payments.channels.bank.payment_file import (
    NAMESPACE,
    PaymentFileError,
    render_payment_file,
)
from tests.payments.channels.written_file import FILE, FIRST, SECOND

GOLDEN = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>PB20260105-0001-V1</MsgId>
      <CreDtTm>2026-01-05T02:30:00+00:00</CreDtTm>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>15499.50</CtrlSum>
      <InitgPty>
        <Nm>Example Platform Ltd</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>PB20260105-0001-V1</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>2</NbOfTxs>
      <CtrlSum>15499.50</CtrlSum>
      <ReqdExctnDt>
        <Dt>2026-01-05</Dt>
      </ReqdExctnDt>
      <Dbtr>
        <Nm>Example Platform Ltd</Nm>
      </Dbtr>
      <DbtrAcct>
        <Id>
          <Othr>
            <Id>110900000000001</Id>
          </Othr>
        </Id>
        <Ccy>CNY</Ccy>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <ClrSysMmbId>
            <ClrSysId>
              <Cd>CNAPS</Cd>
            </ClrSysId>
            <MmbId>308100005019</MmbId>
          </ClrSysMmbId>
        </FinInstnId>
      </DbtrAgt>
      <CdtTrfTxInf>
        <PmtId>
          <InstrId>S20260105000001</InstrId>
          <EndToEndId>PO20260105000001</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="CNY">12499.50</InstdAmt>
        </Amt>
        <CdtrAgt>
          <FinInstnId>
            <ClrSysMmbId>
              <ClrSysId>
                <Cd>CNAPS</Cd>
              </ClrSysId>
              <MmbId>102100099996</MmbId>
            </ClrSysMmbId>
          </FinInstnId>
        </CdtrAgt>
        <Cdtr>
          <Nm>商户甲有限公司</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <Othr>
              <Id>6222020000000000001</Id>
            </Othr>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>STL20260105-M0001</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
      <CdtTrfTxInf>
        <PmtId>
          <EndToEndId>PO20260105000002</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="CNY">3000.00</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>Smith &amp; &lt;Sons&gt;</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>GB29NWBK60161331926819</IBAN>
          </Id>
        </CdtrAcct>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"""


@pytest.fixture(scope="module")
def schema(shared):
    return xmlschema.XMLSchema(shared / "vectors/iso20022/xsd/pain.001.001.09.xsd")


def test_writes_exactly_this(schema):
    # When
    rendered = render_payment_file(FILE)

    # Then
    assert rendered.decode() == GOLDEN
    schema.validate(rendered.decode())


def test_says_all_that_the_shared_example_says(schema, shared):
    # Given
    example = SafeTree.parse(shared / "vectors/iso20022/own/pain.001.001.09.xml")
    schema.validate(example)

    # When
    ours = SafeTree.fromstring(render_payment_file(FILE))

    # Then every text of the example's first transfer stands at the same place in ours
    space = {"": NAMESPACE}
    theirs = example.getroot()
    paths = [
        ".//CdtTrfTxInf/" + path
        for path in (
            "PmtId/InstrId",
            "PmtId/EndToEndId",
            "Amt/InstdAmt",
            "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd",
            "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId",
            "Cdtr/Nm",
            "CdtrAcct/Id/Othr/Id",
            "RmtInf/Ustrd",
        )
    ]
    paths += ["CstmrCdtTrfInitn/PmtInf/" + path for path in ("NbOfTxs", "CtrlSum", "PmtMtd")]
    for path in paths:
        assert ours.findtext(path, namespaces=space) == theirs.findtext(path, namespaces=space)
        assert ours.findtext(path, namespaces=space)


def test_writes_the_same_bytes_for_the_same_content():
    # Given the same instant told in another zone, and fractions that a file does not carry
    elsewhere = FILE.created_at.astimezone(timezone(timedelta(hours=8)))
    later = elsewhere.replace(microsecond=999_999)

    # When, Then
    assert render_payment_file(replace(FILE, created_at=later)) == render_payment_file(FILE)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (1, "CNY", "0.01"),
        (999_999_999_999_999_999, "CNY", "9999999999999999.99"),
        (1, "JPY", "1"),
        (999_999_999_999_999_999, "JPY", "999999999999999999"),
        (1_234, "KWD", "1.234"),
        (12_345, "CLF", "1.2345"),
        (1_234, "BRL", "12.34"),
    ],
)
def test_writes_amounts_with_the_places_of_their_currency(schema, amount_minor, currency, text):
    # Given
    transfer = replace(FIRST, amount_minor=amount_minor, currency=currency)

    # When
    rendered = render_payment_file(replace(FILE, currency=currency, transfers=(transfer,)))

    # Then
    schema.validate(rendered.decode())
    assert f'<InstdAmt Ccy="{currency}">{text}</InstdAmt>'.encode() in rendered
    assert rendered.count(f"<CtrlSum>{text}</CtrlSum>".encode()) == 2
    assert f"<Ccy>{currency}</Ccy>".encode() in rendered


def test_writes_a_bic_where_the_bank_has_one(schema):
    # When
    rendered = render_payment_file(
        replace(
            FILE,
            debtor_bank_code="ICBKCNBJ",
            transfers=(replace(FIRST, creditor_bank_code="ICBKCNBJSHI"),),
        )
    )

    # Then
    schema.validate(rendered.decode())
    assert b"<BICFI>ICBKCNBJ</BICFI>" in rendered
    assert b"<BICFI>ICBKCNBJSHI</BICFI>" in rendered
    assert b"CNAPS" not in rendered


def test_takes_every_head_office_of_the_shared_list(schema, shared):
    # Given
    offices = json.loads((shared / "vectors/bank/cnaps_head_offices.json").read_text())
    codes = [code for code in _texts(offices) if code.isdigit() and len(code) == 12]
    assert len(codes) == 15

    # When
    transfers = tuple(
        replace(FIRST, end_to_end_id=f"PO{number}", creditor_bank_code=code)
        for number, code in enumerate(codes)
    )
    rendered = render_payment_file(replace(FILE, transfers=transfers))

    # Then
    schema.validate(rendered.decode())
    assert [f"<MmbId>{code}</MmbId>".encode() in rendered for code in codes] == [True] * 15


def test_writes_every_valid_iban_as_one_and_refuses_a_mistyped_one(schema, shared):
    # Given
    examples = json.loads((shared / "vectors/bank/iban_registry_examples.json").read_text())
    ibans = sorted(
        {
            text.replace(" ", "").replace(".", "").replace("-", "").upper()
            for text in examples["valid"]
        }
    )
    assert len(ibans) == 143

    # When
    transfers = tuple(
        replace(SECOND, end_to_end_id=f"PO{number}", creditor_account=iban)
        for number, iban in enumerate(ibans)
    )
    rendered = render_payment_file(replace(FILE, transfers=transfers))

    # Then
    schema.validate(rendered.decode())
    assert rendered.count(b"<IBAN>") == 143
    for iban in ibans:
        mistyped = iban[:2] + f"{(int(iban[2:4]) + 1) % 100:02d}" + iban[4:]
        with pytest.raises(PaymentFileError, match="check digits"):
            render_payment_file(
                replace(FILE, transfers=(replace(FIRST, creditor_account=mistyped),))
            )


def test_carries_a_thousand_transfers(schema):
    # Given
    transfers = tuple(
        replace(FIRST, end_to_end_id=f"po_01jdexample00000000000{number:05d}", amount_minor=number)
        for number in range(1, 1_001)
    )

    # When
    rendered = render_payment_file(replace(FILE, transfers=transfers))

    # Then
    schema.validate(rendered.decode())
    assert rendered.count(b"<NbOfTxs>1000</NbOfTxs>") == 2
    assert rendered.count(b"<CtrlSum>5005.00</CtrlSum>") == 2


@pytest.mark.parametrize(
    "name", ["阿卜杜拉·买买提", "Ünal & Søn", "ООО Ромашка", "𠮷野家", "山田　太郎", "n" * 140]
)
def test_writes_names_of_every_script_as_they_are(schema, name):
    # When
    rendered = render_payment_file(replace(FILE, transfers=(replace(FIRST, creditor_name=name),)))

    # Then
    schema.validate(rendered.decode())
    found = SafeTree.fromstring(rendered).findtext(".//Cdtr/Nm", namespaces={"": NAMESPACE})
    assert found == name


def _texts(value) -> list[str]:
    """Give every text of a JSON value."""
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [str(value)]
