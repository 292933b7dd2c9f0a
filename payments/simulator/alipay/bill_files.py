"""How Alipay writes the bill of a day: two CSVs in GBK, in a ZIP whose names are GBK as well."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bill_changes import BillLine, LineAbout
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text

# GB18030 writes all that GBK has in the same bytes, and the rest somehow.
_ENCODING = "gb18030"
_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_SUMMARY_COLUMNS = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,"
    "支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
_DETAIL_TITLE = "-----------------------------------------业务明细列表"
_RULE = "----------------------------------------"
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DEFLATED = 8
# The first day that a ZIP can name: its entries carry no time of ours.
_NO_DATE = (1 << 5) | 1


@dataclass(frozen=True)
class BillDay:
    """Whose bill of which Shanghai day it is, and when it was written."""

    seller_id: str
    currency: str
    day: date
    written_ms: int


def bill_zip(lines: Sequence[BillLine], *, of: BillDay) -> bytes:
    """Write the whole file."""
    name = f"{of.seller_id}0156_{of.day:%Y%m%d}_业务明细"
    members = {
        f"{name}.csv": detail_csv(lines, of=of),
        f"{name}(汇总).csv": _summary_csv(lines, of=of),
    }
    return _zipped({key.encode(_ENCODING): text.encode(_ENCODING) for key, text in members.items()})


def detail_csv(lines: Sequence[BillLine], *, of: BillDay) -> str:
    """Write one line for each trade and refund, between lines for people."""
    rows = [_row(line, currency=of.currency) for line in lines]
    counts = []
    for about, words in ((LineAbout.PAYMENT, ("交易", "")), (LineAbout.REFUND, ("退款", "退款"))):
        found = [line for line in lines if line.about == about]
        sums = (sum(map(_received, found)), sum(map(_gift, found)))
        total, gifts = (amount_text(minor, currency=of.currency) for minor in sums)
        what, back = words
        counts.append(
            f"#{what}合计：{len(found)}笔，商家实收{back}共{total}元，商家优惠{back}共{gifts}元"
        )
    title = f"#{_DETAIL_TITLE}{_RULE}"
    end = f"#{_DETAIL_TITLE}结束{_RULE[4:]}"
    head = _head("支付宝业务明细查询", of=of)
    return _text([*head, title, _COLUMNS, *rows, end, *counts, _exported(of)])


def _row(line: BillLine, *, currency: str) -> str:
    texts, zero = line.details, amount_text(0, currency=currency)
    is_refund = line.about == LineAbout.REFUND
    cells = (
        f"{texts.get('trade_no', '')}\t",
        f"{texts.get('out_trade_no', line.number)}\t",
        f"{line.status}\t",
        texts.get("subject", "").replace(",", "，"),
        texts.get("created", ""),
        texts.get("finished", ""),
        "\t",
        "\t",
        "\t",
        "\t",
        f"{texts.get('payer', '')}\t",
        amount_text(_signed(line), currency=currency),
        amount_text(_received(line), currency=currency),
        texts.get("coupon", zero),
        zero,
        zero,
        amount_text(_gift(line), currency=currency),
        zero,
        "",
        f"{zero}\t",
        zero,
        f"{line.number if is_refund else ''}\t",
        amount_text(_fee(line), currency=currency),
        zero,
        "",
    )
    return ",".join(cells)


def _summary_csv(lines: Sequence[BillLine], *, of: BillDay) -> str:
    refunds = sum(line.about == LineAbout.REFUND for line in lines)
    received_minor, fee_minor = sum(map(_received, lines)), sum(map(_fee, lines))
    gross, received, gifts, fee, net, zero = (
        amount_text(minor, currency=of.currency)
        for minor in (
            sum(map(_signed, lines)),
            received_minor,
            sum(map(_gift, lines)),
            fee_minor,
            received_minor + fee_minor,
            0,
        )
    )
    counts = (str(len(lines) - refunds), str(refunds))
    total = ",".join(("合计", "", *counts, gross, received, zero, gifts, zero, fee, zero, net))
    head = _head("支付宝业务汇总查询", of=of)
    title = f"#{_RULE}业务汇总列表{_RULE}"
    end = f"#{_RULE}业务汇总列表结束{_RULE}"
    return _text([*head, title, _SUMMARY_COLUMNS, total, end, _exported(of)])


def _signed(line: BillLine) -> int:
    """Count what comes to the seller, or goes: refunds are negative."""
    return -line.amount_minor if line.about == LineAbout.REFUND else line.amount_minor


def _gift(line: BillLine) -> int:
    """Count what the merchant itself took off, which refunds take back."""
    gift_minor = int(line.details.get("gift_minor", "0"))
    return -gift_minor if line.about == LineAbout.REFUND else gift_minor


def _received(line: BillLine) -> int:
    """Count what the seller gets of it."""
    return _signed(line) - _gift(line)


def _fee(line: BillLine) -> int:
    """Count what Alipay takes as less, and what it gives back with a refund as more."""
    return line.fee_minor if line.about == LineAbout.REFUND else -line.fee_minor


def _head(title: str, *, of: BillDay) -> list[str]:
    begins, ends = (f"{day:%Y年%m月%d日} 00:00:00" for day in (of.day, of.day + timedelta(days=1)))
    return [
        f"#{title}",
        f"#账号：[{of.seller_id}0156]",
        f"#起始日期：[{begins}]   终止日期：[{ends}]",
    ]


def _exported(of: BillDay) -> str:
    text = shanghai_text(of.written_ms)
    return f"#导出时间：[{text[:4]}年{text[5:7]}月{text[8:10]}日{text[10:]}]"


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _zipped(members: dict[bytes, bytes]) -> bytes:
    """Pack files under names in bytes: Python's own packer would write and flag them as UTF-8."""
    body, directory = b"", b""
    for name, content in members.items():
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        sizes = (zlib.crc32(content), len(packed), len(content))
        common = (20, 0, _DEFLATED, 0, _NO_DATE, *sizes, len(name), 0)
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, *common, 0, 0, 0, 0, len(body)) + name
        body += _LOCAL.pack(b"PK\x03\x04", *common) + name + packed
    count = len(members)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end
