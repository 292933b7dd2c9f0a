"""What the tests of bank statements and their neighbours share."""

CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def amount(minor_text: str, currency: str = "CNY") -> str:
    return f'<Amt Ccy="{currency}">{minor_text}</Amt>'


def balance(code: str, text: str, *, side: str = "CRDT", currency: str = "CNY") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(text, currency)}"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-01-05</Dt></Dt></Bal>"
    )


def entry(
    text: str,
    *,
    side: str = "CRDT",
    currency: str = "CNY",
    status: str = "BOOK",
    details: str = "",
    more: str = "",
) -> str:
    return (
        f"<Ntry>{amount(text, currency)}<CdtDbtInd>{side}</CdtDbtInd>"
        f"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt>{more}<BkTxCd/>"
        f"{f'<NtryDtls>{details}</NtryDtls>' if details else ''}</Ntry>"
    )


def statement(*parts: str, currency: str = "CNY") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-06T01:00:00+08:00</CreDtTm></GrpHdr>"
        "<Stmt><Id>S1</Id><Acct><Id><Othr><Id>1109</Id></Othr></Id>"
        f"{f'<Ccy>{currency}</Ccy>' if currency else ''}</Acct>{''.join(parts)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()
