"""The values of a case, computed from its text alone with NumPy, SciPy and QuantLib: another road to the same numbers."""
import json
import sys
from itertools import combinations
from math import factorial

import numpy as np
import QuantLib as ql
from scipy.optimize import brentq, curve_fit


def num(given):
    return float(given["value"])


def money(given):
    return float(given["amount"])


def stream(given, n, lengths=None):
    level = num(given["level"]) if "level" in given else 1.0
    if "amounts" in given:
        return np.array([float(x) for x in given["amounts"]]) * level
    growth = given.get("growth")
    steps = np.zeros(n - 1)
    if growth:
        steps = np.array(growth["values"], float) if "values" in growth else np.full(n - 1, num(growth))
    path = float(given["first"]) * level * np.concatenate([[1.0], np.cumprod(1 + steps)])
    return path if lengths is None else path * lengths


def series(given, n):
    if "values" in given:
        return np.array(given["values"], float)
    if "first" in given:
        return float(given["first"]) * (1 + num(given["growth"])) ** np.arange(n)
    return np.full(n, num(given))


def capm(c):
    beta = num(c["unlevered_beta"]) * (1 + (1 - num(c["tax_rate"])) * num(c["debt_to_equity"]))
    return num(c["risk_free"]) + beta * num(c["equity_risk_premium"]) + num(c["size_premium"]) + num(c["specific_premium"])


def rate_of(given):
    if "value" in given:
        rate = num(given)
    elif "build_up" in given:
        rate = num(given["build_up"]["risk_free"]) + sum(num(p["premium"]) for p in given["build_up"]["premia"])
    elif "wacc" in given:
        w = given["wacc"]
        rate = (1 - num(w["debt_share"])) * capm(w["capm"])
        rate += num(w["debt_share"]) * num(w["cost_of_debt"]) * (1 - num(w["tax_rate"]))
    else:
        s = given["return_split"]
        values = np.array([money(o["value"]) for o in s["others"]])
        rates = np.array([num(o["rate"]) for o in s["others"]])
        own = money(s["own_value"])
        rate = (num(s["wacc"]) * (own + values.sum()) - values @ rates) / own
    if "inflation" in given:
        i = num(given["inflation"]["rate"])
        rate = (1 + rate) * (1 + i) - 1 if given["inflation"]["from"] == "real" else (1 + rate) / (1 + i) - 1
    return rate


class Frame:
    def __init__(self, m):
        self.m, self.n = m, m["years"]
        first = num(m["first_period"]) if "first_period" in m else 1.0
        ends = first + np.arange(self.n)
        starts = np.concatenate([[0.0], ends[:-1]])
        self.lengths = ends - starts
        middle = m["cash_flow"]["timing"] == "mid_period"
        self.t = (starts + ends) / 2 if middle else ends
        self.middle = middle
        self.rate = rate_of(m["discount_rate"])
        self.tax = num(m["tax_rate"]) if "tax_rate" in m else 0.0
        self.survival = self.decay(m["decay"]) if "decay" in m else np.ones(self.n)

    def decay(self, d):
        if "linear" in d:
            s = lambda t: np.maximum(0, 1 - t / num(d["linear"]["life"]))
        elif "exponential" in d:
            s = lambda t: 0.5 ** (t / num(d["exponential"]["half_life"]))
        else:
            seen = np.array([(o["age"], o["share"]) for o in d["fitted"]["observations"]])
            form = lambda t, scale, shape: np.exp(-((t / scale) ** shape))
            (scale, shape), _ = curve_fit(form, seen[:, 0], seen[:, 1], p0=(5, 1.5), xtol=1e-15, ftol=1e-15, gtol=1e-15)
            s = lambda t: form(t, scale, shape)
        age = num(d["age"]) if "age" in d else 0.0
        return s(age + self.t) / s(age)

    def worth(self, flow, rate):
        total = float(flow @ (1 + rate) ** -self.t)
        if "perpetuity" in self.m:
            g = num(self.m["perpetuity"]["growth"])
            total += flow[-1] * (1 + g) / (rate - g) * (1 + rate) ** -self.t[-1]
        return total

    def benefit(self, value):
        """The value grossed up by solving V = V0 + Σ τ·V/n·DF, year by year."""
        if "tax_amortisation" not in self.m:
            return value
        n = int(num(self.m["tax_amortisation"]["years"]))
        times = np.arange(1, n + 1) - (0.5 if self.middle else 0.0)
        relief = self.tax / n * float(np.sum((1 + self.rate) ** -times))
        return value / (1 - relief)

    def value(self, flow):
        return self.benefit(self.worth(flow, self.rate))


AFTER = ("net_profit", "net_cash_flow")


def income(f, m, key, own):
    if key in m:
        return stream(m[key], f.n, f.lengths) * f.survival
    return stream(m["revenue"], f.n, f.lengths) * f.survival * series(m["profit_margin"], f.n)


def taxed(f, flow, measure):
    return flow if measure in AFTER else flow * (1 - f.tax)


def share(given, n):
    if "range" in given:
        r = given["range"]
        return np.full(n, num(r["low"]) + (num(r["high"]) - num(r["low"])) * num(r["adjustment"]))
    return series(given, n)


def shapley(groups):
    cost = {frozenset(g["group"]): money(g["cost"]) for g in groups} | {frozenset(): 0.0}
    names = sorted(set().union(*cost))
    others = [n for n in names if n != "subject"]
    total = 0.0
    for size in range(len(others) + 1):
        for group in map(frozenset, combinations(others, size)):
            weight = factorial(size) * factorial(len(names) - size - 1) / factorial(len(names))
            total += weight * (cost[group | {"subject"}] - cost[group])
    return total / cost[frozenset(names)]


def lines(m):
    rows = []
    for line in m["lines"]:
        cost = money(line["cost"]) if "cost" in line else num(line["quantity"]) * money(line["unit_price"])
        if "index" in line:
            cost *= num(line["index"]["at_valuation"]) / num(line["index"]["at_cost"])
        part = line.get("allocation", {})
        if "driver" in part:
            cost *= num(part["driver"]["own"]) / num(part["driver"]["total"])
        if "shapley" in part:
            cost *= shapley(part["shapley"])
        rows.append((line["class"], cost))
    return rows


def left(m, cost):
    o = m.get("obsolescence", {})
    if "age" in o:
        used, remaining = num(o["age"]["used"]), num(o["age"]["remaining"])
        cost *= remaining / (used + remaining)
    for part in ("functional", "technological", "economic"):
        cost *= 1 - num(o[part]) if part in o else 1
    return cost * (num(m["adjustment"]) if "adjustment" in m else 1)


def option(o, s, outlay):
    decision = o["decision"]
    kind, under, strike = ql.Option.Call, s, outlay
    if decision != "defer":
        if "expand" in decision:
            under, strike = s * num(decision["expand"]["share"]), money(decision["expand"]["cost"])
        else:
            kind, strike = ql.Option.Put, money(decision["abandon"]["salvage"])
    vol = num(o["volatility"]) if "volatility" in o else num(o["variance"]) ** 0.5
    r = num(o["risk_free_rate"])
    if o.get("compounding") == "annual":
        r = np.log1p(r)
    q, t = num(o["dividend_yield"]) if "dividend_yield" in o else 0.0, num(o["years"])
    today = ql.Date(1, 1, 2025)
    ql.Settings.instance().evaluationDate = today
    count = ql.Actual365Fixed()
    flat = lambda x: ql.YieldTermStructureHandle(ql.FlatForward(today, float(x), count))
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(under)), flat(q), flat(r),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, count)))
    if o.get("exercise") == "american":
        worth = tree(kind == ql.Option.Call, under, strike, r, vol, t, q, o["steps"])
        return worth if decision == "defer" else s - outlay + worth
    contract = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), ql.EuropeanExercise(today + int(round(365 * t))))
    contract.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    worth = contract.NPV()
    return worth if decision == "defer" else s - outlay + worth


def tree(call, s, x, r, vol, t, q, n):
    """Cox, Ross and Rubinstein with early exercise, a level at a time."""
    dt = t / n
    u = np.exp(vol * np.sqrt(dt))
    p = (np.exp((r - q) * dt) - 1 / u) / (u - 1 / u)
    payoff = lambda k: np.maximum((1 if call else -1) * (s * u ** (2.0 * np.arange(k + 1) - k) - x), 0)
    worth = payoff(n)
    for k in range(n - 1, -1, -1):
        worth = np.maximum(np.exp(-r * dt) * (p * worth[1:] + (1 - p) * worth[:-1]), payoff(k))
    return float(worth[0])


def side(s, n):
    total = np.zeros(n)
    if "income" in s:
        total += stream(s["income"], n)
    if "volume" in s:
        price = stream(s["price"], n) if "price" in s else 0
        cost = stream(s["unit_cost"], n) if "unit_cost" in s else 0
        total += (price - cost) * series(s["volume"], n)
    if "cost" in s:
        total -= stream(s["cost"], n)
    return total


def excess(m):
    f = Frame(m)
    revenue = stream(m["revenue"], f.n, f.lengths) * f.survival
    flow = taxed(f, revenue * series(m["profit_margin"], f.n), m["measure"])
    for a in m["contributory"]:
        if "amounts" in a:
            flow = flow - stream(a["amounts"], f.n)
        if "share_of_revenue" in a:
            flow = flow - revenue * series(a["share_of_revenue"], f.n)
        if "return_on" in a:
            flow = flow - stream(a["value"], f.n) * series(a["return_on"], f.n)
        if "return_of" in a:
            flow = flow - stream(a["return_of"], f.n)
    return f.value(flow)


def greenfield(m):
    f = Frame(m)
    get = lambda key: stream(m[key], f.n) if key in m else np.zeros(f.n)
    ebit = get("revenue") - get("operating_cost") - get("depreciation")
    losses, paid = 0.0, []
    for profit in ebit:
        use = min(losses, max(profit, 0.0))
        losses = losses - use + max(-profit, 0.0)
        paid.append(f.tax * (max(profit, 0.0) - use))
    flow = ebit - np.array(paid) + get("depreciation") - get("capital_expenditure") - get("working_capital")
    return f.worth(flow, f.rate) - money(m["build_cost"])


def multiple(m):
    gap = num(m["bargaining_gap"])
    ratios = [money(c["price"]) * (1 - gap if c.get("ask") else 1) / num(c["base"]) * num(c["adjustment"]) for c in m["comparables"]]
    return float(np.median(ratios)) * num(m["subject_base"]) * num(m["adjustment"])


def value(m):
    kind = m["method"]
    if kind in ("replacement_cost", "reproduction_cost"):
        rows = lines(m)
        base = m["profit"].get("base")
        profit = num(m["profit"]["rate"]) * sum(c for k, c in rows if base is None or k in base)
        return left(m, sum(c for _, c in rows) + profit)
    if kind == "guideline_cost":
        classes = m["circulation"]["classes"]
        beta = np.average([num(c["coefficient"]) for c in classes], weights=[num(c["volume"]) for c in classes])
        u = num(m["quality"]) * beta * (1 + num(m["monopoly"])) * (1 - num(m["risk"]))
        return sum(c for _, c in lines(m)) * (1 + num(m["return_rate"])) * u
    if kind == "multiplier_cost":
        used = money(m["material_cost"]) + num(m["creativity"]) * money(m["labour_cost"])
        return left(m, used / (1 - num(m["risk"])) * (1 + num(m["return_rate"])))
    if kind == "excess_earnings":
        return excess(m)
    if kind == "greenfield":
        return greenfield(m)
    if kind == "market_multiple":
        return multiple(m)
    if kind == "real_option":
        f = Frame(m["plan"])
        return option(m["option"], f.worth(stream(m["plan"]["income"], f.n), f.rate), money(m["outlay"]))
    if kind == "scenario_income":
        total = 0.0
        for s in m["scenarios"]:
            f = Frame({"years": m["years"], "cash_flow": m["cash_flow"], "discount_rate": s["discount_rate"]})
            present = f.worth(stream(s["income"], f.n), f.rate)
            outlay = money(s["outlay"]) if "outlay" in s else 0.0
            total += num(s["probability"]) * (option(s["option"], present, outlay) if "option" in s else present - outlay)
        return total
    f = Frame(m)
    if kind == "direct_income":
        flow = taxed(f, income(f, m, "income", None), m["measure"])
        return f.value(flow - stream(m["reinvestment"], f.n, f.lengths))
    if kind == "revenue_split":
        return f.value(taxed(f, income(f, m, "income", None) * share(m["split_rate"], f.n), "revenue"))
    if kind == "profit_split":
        return f.value(income(f, m, "profit", None) * share(m["split_rate"], f.n))
    if kind == "equivalent_investment":
        own = money(m["own_cost"]) * (1 + num(m["own_margin"]))
        other = money(m["other_cost"]) * (1 + num(m["other_margin"]))
        return f.value(income(f, m, "income", None) * own / (own + other))
    if kind == "incremental_income":
        return f.value(taxed(f, side(m["with_data"], f.n) - side(m["without_data"], f.n), m["measure"]))
    if kind == "with_and_without":
        apart = f.worth(side(m["with_data"], f.n), f.rate) - f.worth(side(m["without_data"], f.n), f.rate)
        return apart * num(m["probability"])
    if kind == "relief_from_royalty":
        revenue = stream(m["revenue"], f.n) * f.survival
        return f.value(revenue * (series(m["royalty_rate"], f.n) - series(m["maintenance_rate"], f.n)) * (1 - f.tax))
    raise SystemExit(kind)


def implied(m):
    """Roots by SciPy: the rate a price implies, and the pre-tax rate with its tax base."""
    found = {}
    ask, f = m.get("implied", {}), Frame(m) if "years" in m and "implied" in m else None
    if "price" in ask:
        if m["method"] == "direct_income":
            flow = taxed(f, income(f, m, "income", None), m["measure"]) - stream(m["reinvestment"], f.n, f.lengths)
        else:
            flow = income(f, m, "profit", None) * share(m["split_rate"], f.n)
        low = num(m["perpetuity"]["growth"]) + 1e-6 if "perpetuity" in m else -0.5
        found["implied_rate"] = brentq(lambda r: f.worth(flow, r) - money(ask["price"]), low, 5, xtol=1e-15)
    if "pre_tax" in ask:
        if m["method"] == "direct_income":
            before = income(f, m, "income", None) - stream(m["reinvestment"], f.n, f.lengths)
        else:
            before = stream(m["revenue"], f.n) * f.survival * (series(m["royalty_rate"], f.n) - series(m["maintenance_rate"], f.n))
        target = value(m)
        if "tax_base" in ask["pre_tax"]:
            n = int(num(ask["pre_tax"]["years"]))
            target += f.tax * money(ask["pre_tax"]["tax_base"]) / n * np.sum((1 + f.rate) ** -np.arange(1.0, n + 1))
        found["implied_pre_tax_rate"] = brentq(lambda r: f.worth(before, r) - target, -0.5, 5, xtol=1e-15)
    return found


case = json.load(open(sys.argv[1]))
print(json.dumps({m.get("name", m["method"]): {"value": value(m)} | implied(m) for m in case["methods"]}))
