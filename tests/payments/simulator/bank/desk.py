"""The bank's customer: makes payment files, reads reports and statements, all in its own way."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import xmlschema
from defusedxml.ElementTree import fromstring

from tests.payments.simulator.wire import Shop, SimulatorProcess

ACCOUNT_NO = "110900000000002"
REPORT = "{urn:iso:std:iso:20022:tech:xsd:pain.002.001.12}"
STATEMENT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"


@dataclass(frozen=True)
class Transfer:
    """One transfer of a payment file."""

    number: str
    amount: str
    account: str = "622202001"
    name: str = "商户甲有限公司"


def payment_file(
    *transfers: Transfer, message_id: str = "PB1", date: str = "2026-01-05", currency: str = "CNY"
) -> bytes:
    """Write a pain.001.001.09 file of one block."""
    cents = sum(int(transfer.amount.replace(".", "")) for transfer in transfers)
    total = f"{cents // 100}.{cents % 100:02d}"
    sums = f"<NbOfTxs>{len(transfers)}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
    orders = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>{transfer.number}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{currency}">{transfer.amount}</InstdAmt></Amt>'
        f"<Cdtr><Nm>{escape(transfer.name)}</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{transfer.account}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>settlement {transfer.number}</Ustrd></RmtInf></CdtTrfTxInf>"
        for transfer in transfers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-01-05T10:30:00+08:00</CreDtTm>{sums}"
        "<InitgPty><Nm>Platform</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>{message_id}-{currency}</PmtInfId><PmtMtd>TRF</PmtMtd>{sums}"
        f"<ReqdExctnDt><Dt>{date}</Dt></ReqdExctnDt><Dbtr><Nm>Platform</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{ACCOUNT_NO}</Id></Othr></Id><Ccy>{currency}</Ccy></DbtrAcct>"
        "<DbtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>"
        f"<MmbId>308100005019</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>{orders}</PmtInf>"
        "</CstmrCdtTrfInitn></Document>"
    ).encode()


@dataclass
class Desk:
    """A customer with one account."""

    simulator: SimulatorProcess

    def open(self, **particulars: object) -> httpx.Response:
        return self.simulator.post(
            "/control/bank/accounts",
            **{
                "account_no": ACCOUNT_NO,
                "holder": "天平平台有限公司",
                "currency": "CNY",
                "opening_minor": 0,
                **particulars,
            },
        )

    def shop(self, *, number: int = 1, register: bool = True, **particulars: object) -> Shop:
        """Let an application of the merchant be settled to the account."""
        shop = Shop(
            self.simulator,
            app_id=f"202100000000000{number}",
            seller_id=f"208800000000000{number}",
            bank_account_no=ACCOUNT_NO,
            **particulars,
        )
        if register:
            shop.register()
        return shop

    def send(self, body: bytes, *, account_no: str = ACCOUNT_NO) -> httpx.Response:
        path = f"/bank/{account_no}/payment-files"
        return self.simulator.send("POST", path, content=body)

    def report(self, message_id: str, *, account_no: str = ACCOUNT_NO) -> httpx.Response:
        return self.simulator.get(f"/bank/{account_no}/payment-files/{message_id}/report")

    def report_statuses(
        self, message_id: str, *, account_no: str = ACCOUNT_NO
    ) -> tuple[str | None, dict[str | None, str | None]]:
        """Give the status of the file and of each of its transfers."""
        root = fromstring(self.report(message_id, account_no=account_no).content)
        return root.findtext(f".//{REPORT}GrpSts"), {
            node.findtext(f"{REPORT}OrgnlEndToEndId"): node.findtext(f"{REPORT}TxSts")
            for node in root.iter(f"{REPORT}TxInfAndSts")
        }

    def reasons(self, message_id: str) -> dict[str | None, str | None]:
        root = fromstring(self.report(message_id).content)
        return {
            node.findtext(f"{REPORT}OrgnlEndToEndId"): code
            for node in root.iter(f"{REPORT}TxInfAndSts")
            if (code := node.findtext(f"{REPORT}StsRsnInf/{REPORT}Rsn/{REPORT}Cd"))
        }

    def statement(self, **days: str) -> httpx.Response:
        return self.simulator.get(f"/bank/{ACCOUNT_NO}/statement", **days)

    def balances(self, **days: str) -> list[tuple[str | None, ...]]:
        """Give kind, amount, side and day of each balance of a statement."""
        root = fromstring(self.statement(**days).content)
        return [
            (
                node.findtext(f"{STATEMENT}Tp/{STATEMENT}CdOrPrtry/{STATEMENT}Cd"),
                node.findtext(f"{STATEMENT}Amt"),
                node.findtext(f"{STATEMENT}CdtDbtInd"),
                node.findtext(f"{STATEMENT}Dt/{STATEMENT}Dt"),
            )
            for node in root.iter(f"{STATEMENT}Bal")
        ]

    def movements(self, from_date: str, to_date: str) -> list[tuple[str | None, ...]]:
        """Give side, amount and number (or what the credit is for) of each entry."""
        return [row[:3] for row in self.entries(from_date, to_date)]

    def entries(self, from_date: str, to_date: str) -> list[tuple[str | None, ...]]:
        """Give side, amount, number or purpose, day and the bank's reference of each entry."""
        root = fromstring(self.statement(**{"from": from_date, "to": to_date}).content)
        return [
            (
                node.findtext(f"{STATEMENT}CdtDbtInd"),
                node.findtext(f"{STATEMENT}Amt"),
                node.findtext(f".//{STATEMENT}EndToEndId") or node.findtext(f".//{STATEMENT}Ustrd"),
                node.findtext(f"{STATEMENT}BookgDt/{STATEMENT}Dt"),
                node.findtext(f"{STATEMENT}AcctSvcrRef"),
            )
            for node in root.iter(f"{STATEMENT}Ntry")
        ]

    def require_valid(self, body: bytes, *, schema: Path, name: str) -> None:
        """Check a message against the schema that ISO publishes."""
        xmlschema.XMLSchema(schema / f"vectors/iso20022/xsd/{name}.xsd").validate(body.decode())
