"""Maximum permitted revenue with clawback in decimal arithmetic: a second opinion on the sheet.

Reads one JSON object on standard input; writes one JSON list a period: [before, clawback, maximum, ceilings, revenue,
excess], then the clawback due after the last period.
"""
import json
import sys
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(value):
    return value.quantize(CENT, ROUND_HALF_UP)


terms = json.loads(sys.stdin.read())
owed = Decimal(terms["opening_clawback"])
for t in range(terms["periods"]):
    at = lambda name: Decimal(terms[name][t])
    chargeable = cents(at("operating_cost") * (1 - at("free_use_share")))
    net = chargeable - at("subsidy")
    base = at("asset_base") if "asset_base" in terms else net
    before = net + cents(at("profit_rate") * base) + at("tax")
    clawback = min(owed, max(before, Decimal(0)))
    maximum = before - clawback
    each = lambda a, b: sum(cents(Decimal(p[a][t]) * Decimal(p[b][t])) for p in terms["products"])
    ceilings, revenue = each("ceiling", "forecast_volume"), each("charged_rate", "sold_volume")
    excess = max(revenue - maximum, Decimal(0))
    owed = owed - clawback + excess
    print(json.dumps([str(x) for x in (before, clawback, maximum, ceilings, revenue, excess)]))
print(json.dumps(str(owed)))
