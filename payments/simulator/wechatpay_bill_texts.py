"""WeChat Pay's bills as texts: a mark of the encoding, a backtick before each field, two sums."""

from collections.abc import Sequence
from datetime import date

from payments.simulator.bill_changes import BillLine, LineAbout
from payments.simulator.money import amount_text
from payments.simulator.wechatpay_bill_lines import FundRow
from payments.simulator.wechatpay_merchants import Merchant

TRADE_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMS_HEAD = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
FUND_HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FUND_SUMS_HEAD = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_NOTHING = "0.00"


def trade_text(lines: Sequence[BillLine], *, merchant: Merchant, day: date) -> bytes:
    """Write the bill of a day's trades."""
    currency = merchant.currency
    rows = [_trade_fields(line, merchant=merchant, day=day) for line in lines]
    paid = [line for line in lines if line.about == LineAbout.PAYMENT]
    refunded = [line for line in lines if line.about == LineAbout.REFUND]
    fee_minor = sum(line.fee_minor for line in paid) - sum(line.fee_minor for line in refunded)
    sums = (
        str(len(lines)),
        amount_text(sum(_settled_minor(line) for line in paid), currency=currency),
        amount_text(sum(_settled_minor(line) for line in refunded), currency=currency),
        _NOTHING,
        _fee_text(fee_minor, currency=currency),
        amount_text(sum(line.amount_minor for line in paid), currency=currency),
        amount_text(sum(line.amount_minor for line in refunded), currency=currency),
    )
    return _text(TRADE_HEAD, rows=rows, sums_head=TRADE_SUMS_HEAD, sums=sums)


def fund_text(rows: Sequence[FundRow], *, merchant: Merchant) -> bytes:
    """Write the bill of a day's money."""
    currency = merchant.currency
    came = [row.amount_minor for row in rows if row.amount_minor >= 0]
    went = [-row.amount_minor for row in rows if row.amount_minor < 0]
    fields = [
        (
            row.booked,
            row.business_no,
            row.flow_no,
            row.name,
            row.name,
            "收入" if row.amount_minor >= 0 else "支出",
            amount_text(abs(row.amount_minor), currency=currency),
            amount_text(row.balance_minor, currency=currency),
            f"{merchant.mchid}API",
            "",
            row.voucher_no,
        )
        for row in rows
    ]
    sums = (
        str(len(rows)),
        str(len(came)),
        amount_text(sum(came), currency=currency),
        str(len(went)),
        amount_text(sum(went), currency=currency),
    )
    return _text(FUND_HEAD, rows=fields, sums_head=FUND_SUMS_HEAD, sums=sums)


def _trade_fields(line: BillLine, *, merchant: Merchant, day: date) -> Sequence[str]:
    """Write one line in the 27 columns; an ordered one has no details."""
    currency, told = merchant.currency, line.details
    is_refund = line.about == LineAbout.REFUND
    amount = amount_text(line.amount_minor, currency=currency)
    settled = amount_text(_settled_minor(line), currency=currency)
    coupons = amount_text(int(told.get("coupons_minor", "0")), currency=currency)
    fee = _fee_text(-line.fee_minor if is_refund else line.fee_minor, currency=currency)
    rate = f"{merchant.fee_bps // 100}.{merchant.fee_bps % 100:02d}%"
    return (
        told.get("time", f"{day.isoformat()} 12:00:00"),
        merchant.appid,
        merchant.mchid,
        "0",
        "",
        told.get("transaction_id", f"4200009999{day:%Y%m%d}0000000000"),
        told.get("out_trade_no", "") if is_refund else line.number,
        told.get("openid", ""),
        told.get("trade_type", "NATIVE"),
        "REFUND" if is_refund else line.status,
        "OTHERS",
        currency,
        _NOTHING if is_refund else settled,
        _NOTHING if is_refund else coupons,
        told.get("refund_id", "0") if is_refund else "0",
        line.number if is_refund else "0",
        settled if is_refund else _NOTHING,
        _NOTHING,
        "ORIGINAL" if is_refund else "",
        line.status if is_refund else "",
        told.get("description", ""),
        told.get("attach", ""),
        fee,
        rate,
        _NOTHING if is_refund else amount,
        amount if is_refund else _NOTHING,
        "",
    )


def _settled_minor(line: BillLine) -> int:
    """Say what of a line is settled: the merchant's own gifts are not."""
    if line.about == LineAbout.REFUND:
        return int(line.details.get("settled_minor", str(line.amount_minor)))
    return line.amount_minor - int(line.details.get("given_minor", "0"))


def _fee_text(minor: int, *, currency: str) -> str:
    """Write a fee, which has five decimals where amounts have two."""
    text = amount_text(minor, currency=currency)
    return f"{text}000" if "." in text else f"{text}.00000"


def _text(
    head: str, *, rows: Sequence[Sequence[str]], sums_head: str, sums: Sequence[str]
) -> bytes:
    lines = [head, *(_line(row) for row in rows), sums_head, _line(sums)]
    return "\ufeff".encode() + "".join(f"{line}\r\n" for line in lines).encode()


def _line(fields: Sequence[str]) -> str:
    """Write a line; a comma or a line's end in a merchant's words would make two of one."""
    cleaned = (field.replace(",", "\\ ").replace("\n", "\\n") for field in fields)
    return ",".join(f"`{field}" for field in cleaned)
