"""What a merchant orders from the simulated Alipay: a trade, and where its payer stands."""

from dataclasses import dataclass
from enum import StrEnum


class Scene(StrEnum):
    """Where a payer stands: before a QR code, a web page, or in an app."""

    QR = "qr"
    PAGE = "page"
    WAP = "wap"
    APP = "app"
    MINI = "mini"


@dataclass(frozen=True)
class Order:
    """What a merchant asks for; `buyer_id` names the payer of a mini program."""

    out_trade_no: str
    digest: str
    total_minor: int
    subject: str
    notify_url: str
    expires_ms: int
    scene: Scene = Scene.QR
    return_url: str = ""
    quit_url: str = ""
    buyer_id: str = ""
