"""Orders and market share in words."""

from __future__ import annotations

from cxkit import formats
from cxkit.formats import quantity
from cxkit.metrics.definitions import definition
from cxkit.quantify.drivers_sales import ALL, MarketShare, OrderBook, ProductOrders
from cxkit.quantify.measure import RESAMPLED, YEAR
from cxkit.records import Finding
from cxkit.tables.sheets import short


def ordered(found: OrderBook, currency: str, *, level: float) -> list[Finding]:
    """The product whose orders fell most in value and the one whose rose most, of those beyond what chance explains."""
    singles = [p for p in found.products if p.product != ALL]
    each = level / max(len(singles), 1)
    sure = [p for p in singles if p.change.has_interval and p.p <= each and p.change.value]
    out = []
    for up in (False, True):
        side = [p for p in sure if ((p.change.value or 0) > 0) == up]
        if side:
            out.append(_ordered(max(side, key=lambda p: (abs(p.value - p.value_before), p.product)), found, currency))
    return out


def _ordered(top: ProductOrders, found: OrderBook, currency: str) -> Finding:
    change = top.change.value or 0.0
    moved_ = f"{'rose' if change > 0 else 'fell'} {quantity(abs(change), 'ratio')}"
    value, before = formats.money(top.value, currency), formats.money(top.value_before, currency)
    product = short(top.product, 40)
    back = f" {quantity(top.returned, 'ratio')} of them were sent back." if top.returned else ""
    return Finding(
        id="quantify.drivers.orders",
        stage="quantify",
        title=f"Orders of {product} {moved_} on a year earlier, from {top.orders_before:,} to {top.orders:,}",
        detail=(
            f"They were worth {before} then and {value} now, from {top.buyers_before:,} buyers then and {top.buyers:,} "
            f"now.{back}"
        ),
        value=change,
        unit="ratio",
        low=top.change.low,
        high=top.change.high,
        about=RESAMPLED,
        n=top.orders,
        period=found.window.label,
        sources=("orders",),
        subject=top.product,
        definition=definition("orders_per_product").tag,
        tone="good" if change > 0 else "bad",
        weight=abs(top.value - top.value_before) if len(found.window) == YEAR else 0.0,
    )


def marketed(found: MarketShare) -> Finding:
    """Share of the whole market, and growth against it."""
    share, before = quantity(found.share, "ratio"), found.share_before
    title = f"Market share is {share}"
    if before is not None and found.growth is not None and found.market_growth is not None:
        gap = found.share - before
        moved_ = f"{quantity(abs(gap), 'points')} {'above' if gap > 0 else 'below'}"
        moved_ = "level with" if abs(gap) < 0.0005 else moved_
        own, whole = (quantity(g, "ratio", signed=True) for g in (found.growth, found.market_growth))
        title += f", {moved_} a year earlier: revenue moved {own}, the market {whole}"
    source = f" ({short(found.source, 40)})" if found.source else ""
    return Finding(
        id="quantify.drivers.market",
        stage="quantify",
        title=title,
        detail=f"Revenue is exact; the market is an estimate{source}, and how far off it may be is not known.",
        value=found.share,
        unit="ratio",
        about=f"exact for the client's revenue; the market is an estimate{source}",
        n=found.months,
        period=found.window.label,
        sources=("market", found.table),
        definition=definition("market_share").tag,
    )
