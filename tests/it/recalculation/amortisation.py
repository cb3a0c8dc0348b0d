"""Straight-line amortisation in decimal arithmetic, written as a loop over months: a second opinion on the schedule.

Reads one JSON object a line on standard input, writes one JSON list a line: [month, charge, impairment, carrying].
"""
import json
import sys
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def schedule(terms):
    carrying, residual = Decimal(terms["cost"]), Decimal(terms["residual"])
    end = terms["life_months"]  # the last month to be charged
    tests = {t["month"]: Decimal(t["recoverable"]) for t in terms["impairments"]}
    changes = {c["month"]: c["remaining_months"] for c in terms["life_changes"]}
    level, month, lines = None, 0, []
    while month < end or any(m > month for m in tests):
        month += 1
        if month in changes:
            end, level = month - 1 + changes[month], None
        open_amount = max(carrying - residual, Decimal(0))
        if month > end:
            charge = Decimal(0)
        else:
            if level is None:
                level = (open_amount / (end - month + 1)).quantize(CENT, ROUND_HALF_UP)
            charge = open_amount if month == end else min(level, open_amount)
        carrying -= charge
        loss = Decimal(0)
        if month in tests and tests[month] < carrying:
            loss = carrying - tests[month]
            carrying, level = tests[month], None
        lines.append([month, str(charge), str(loss), str(carrying)])
    return lines


for line in sys.stdin:
    print(json.dumps(schedule(json.loads(line))))
