"""CRAFT: amounts in words, as cheques and approvals carry them; figures alone are easily misread.

Chinese words follow the rules for bills and settlement vouchers of the People's Bank of China
(《支付结算办法》 annex 1, 1997): capital digits, 元 角 分, 零 for gaps, 整 when no 分 follows.
"""

from ledger.money import exponent, to_decimal_text

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿", "亿亿")

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion")


def in_words(minor: int, currency: str, *, language: str) -> str:
    """Write an amount that is not below zero in words of a language (`zh-hans`, else English)."""
    if minor < 0:
        raise ValueError("an amount in words is not below zero")
    whole, _point, fraction = to_decimal_text(minor, currency).partition(".")
    if language.startswith("zh"):
        return _chinese(int(whole), fraction, currency=currency)
    return _english(int(whole), fraction, currency=currency)


def _chinese(whole: int, fraction: str, *, currency: str) -> str:
    if currency == "CNY":
        return f"人民币{_yuan(whole, fraction)}"
    places = f"点{''.join(_DIGITS[int(digit)] for digit in fraction)}" if fraction else ""
    return f"{currency} {_capital(whole) or _DIGITS[0]}{places}"


def _yuan(whole: int, fraction: str) -> str:
    jiao, fen = int(fraction[0]), int(fraction[1])
    if not whole and not jiao and not fen:
        return "零元整"
    text = f"{_capital(whole)}元" if whole else ""
    if jiao:
        # 零 stands before 角 when the 元 end in a gap.
        text += f"{'零' if whole and whole % 10 == 0 else ''}{_DIGITS[jiao]}角"
    elif fen and whole:
        text += "零"
    return f"{text}{_DIGITS[fen]}分" if fen else f"{text}整"


def _capital(number: int) -> str:
    """Write a whole number in capital digits; nothing for zero."""
    text, is_gap = "", False
    groups: list[int] = []
    while number:
        number, part = divmod(number, 10_000)
        groups.append(part)
    for group in range(len(groups) - 1, -1, -1):
        part = groups[group]
        if not part:
            is_gap = bool(text)
            continue
        if text and (is_gap or part < 1_000):
            text += "零"
        text += f"{_thousands(part)}{_GROUPS[group]}"
        is_gap = False
    return text


def _thousands(part: int) -> str:
    text, is_gap = "", False
    for place in range(3, -1, -1):
        digit = part // 10**place % 10
        if not digit:
            is_gap = bool(text)
            continue
        text += f"{'零' if is_gap else ''}{_DIGITS[digit]}{_PLACES[place]}"
        is_gap = False
    return text


def _english(whole: int, fraction: str, *, currency: str) -> str:
    parts = f" and {fraction}/{10 ** exponent(currency)}" if fraction else ""
    return f"{_cardinal(whole)}{parts} {currency}"


def _cardinal(number: int) -> str:
    if number < 1_000:
        return _hundreds(number)
    words: list[str] = []
    scale = 0
    while number:
        number, part = divmod(number, 1_000)
        if part:
            words.insert(0, f"{_hundreds(part)} {_SCALES[scale]}".strip())
        scale += 1
    return " ".join(words)


def _hundreds(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]
    hundreds, rest = divmod(number, 100)
    return f"{_SMALL[hundreds]} hundred" + (f" {_hundreds(rest)}" if rest else "")
