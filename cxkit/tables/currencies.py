"""Currency codes, and the exchange rates that several of them need."""

from __future__ import annotations

from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables

LISTED = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CLF CLP CNH CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
    "GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT "
    "LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF "
    "YER ZAR ZMW ZWG ZWL "
)
CODES: tuple[str, ...] = tuple(LISTED.split())
"""ISO 4217 codes in use, with a few that old books still hold."""


def without_rate(tables: Tables, name: str, month: str) -> list[str]:
    """Currencies of a table that `fx` cannot turn into the client's own in every month they occur in.

    `month` is SQL for the first day of a row's month. Empty when all amounts are in the client's currency.
    """
    if "currency" not in tables.supplied(name):
        return []
    rated = (
        f"SELECT from_currency, month FROM fx WHERE to_currency = {text_literal(tables.currency)} AND rate IS NOT NULL"
    )
    known = f"AND (currency, month) NOT IN ({rated})" if "fx" in tables.present else ""
    rows = f"SELECT DISTINCT {month} AS month, currency FROM {quoted(name)}"
    foreign = f"currency <> {text_literal(tables.currency)} AND month IS NOT NULL {known}"
    found = tables.arrow(f"SELECT DISTINCT currency FROM ({rows}) WHERE {foreign} ORDER BY currency")
    return [str(currency) for currency in found["currency"].to_pylist()]


def monthly(tables: Tables, name: str, month: str, amount: str, where: str = "true") -> str:
    """SQL of month and amount in the client's currency at each month's rate; rows without a month are left out.

    Ask `without_rate` first: a row whose rate is missing adds nothing here.
    """
    source = f"SELECT {month} AS month, {quoted(amount)} AS amount, currency FROM {quoted(name)} WHERE {where}"
    rate, join = "1", ""
    if "currency" in tables.supplied(name) and "fx" in tables.present:
        own = text_literal(tables.currency)
        rate = f"CASE WHEN coalesce(r.currency, {own}) = {own} THEN 1 ELSE f.rate END"
        join = f"LEFT JOIN fx AS f ON {_pair(tables)}"
    return (
        f"SELECT r.month, sum(CAST(r.amount * {rate} AS DECIMAL(38, 4))) AS amount FROM ({source}) AS r {join} "
        "WHERE r.month IS NOT NULL GROUP BY r.month"
    )


def _pair(tables: Tables) -> str:
    return f"f.month = r.month AND f.from_currency = r.currency AND f.to_currency = {text_literal(tables.currency)}"
