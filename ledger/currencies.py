"""List the active currencies of ISO 4217 and their decimal places (list one, amendment 180).

Babel's places are CLDR's and differ for thirteen currencies (a kip or a rial shown without its
minor unit would be a wrong amount), so the table is ours. Source: list one of 2024-06-25, with
what came after it:

- amendment 176 (2025-03-31): XCG replaced ANG in Curaçao and Sint Maarten;
- amendment 177 (2024-09): ZWG replaced ZWL in Zimbabwe;
- amendment 178 (2025-02): CUC is historic since 2021;
- amendment 179 (2025-05-12): XAD, the Arab Accounting Dinar;
- amendment 180 (2026-01-01): Bulgaria pays in EUR, BGN is historic.

Metals, bond units and testing codes have no minor unit and are left out: nothing can be booked
in them.
"""

from collections.abc import Mapping
from types import MappingProxyType

_CODES_BY_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD "
        "FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW "
        "KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR "
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
        "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD "
        "USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Mapping[str, int] = MappingProxyType(
    {code: places for places, codes in _CODES_BY_PLACES.items() for code in codes.split()}
)
"""Decimal places by currency code: CNY 2, JPY 0, KWD 3, CLF 4."""
