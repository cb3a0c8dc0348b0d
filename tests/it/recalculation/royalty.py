"""Relief from royalty simulated by NumPy from the case file: batches of draws, so that each statistic has an error of its own.

    python royalty.py CASE BATCHES CORRELATION

Prints mean, sd and the quantiles 5, 25, 50, 75 and 95 % over the batches, then the standard deviation of each over batches.
"""

import json
import sys

import numpy as np
from scipy import stats

case = json.load(open(sys.argv[1], encoding="utf-8"))
batches, correlation = int(sys.argv[2]), float(sys.argv[3])
method = case["methods"][0]
draws, years = case["simulation"]["draws"], method["years"]
rng = np.random.Generator(np.random.PCG64(20260630))


def quantile(given, u):
    (kind, p), = given["distribution"].items()
    if kind == "lognormal":
        return stats.lognorm(s=p["sigma"], scale=np.exp(p["mu"])).ppf(u)
    if kind == "normal":
        return stats.norm(p["mean"], p["sd"]).ppf(u)
    if kind == "triangular":
        width = p["high"] - p["low"]
        return stats.triang((p["mode"] - p["low"]) / width, p["low"], width).ppf(u)
    if kind == "pert":
        width = p["high"] - p["low"]
        a = 1 + p["shape"] * (p["mode"] - p["low"]) / width
        b = 1 + p["shape"] * (p["high"] - p["mode"]) / width
        return stats.beta(a, b, p["low"], width).ppf(u)
    if kind == "uniform":
        return stats.uniform(p["low"], p["high"] - p["low"]).ppf(u)
    if kind == "discrete":
        return np.array(p["values"])[np.searchsorted(np.cumsum(p["probabilities"]), u, side="left")]
    raise ValueError(kind)


def batch():
    z1, z2 = rng.standard_normal((2, draws))
    z2 = correlation * z1 + np.sqrt(1 - correlation**2) * z2
    royalty = quantile(method["royalty_rate"], stats.norm.cdf(z1))
    growth = quantile(method["revenue"]["growth"], stats.norm.cdf(z2))
    revenue, maintenance, tax, rate = (
        quantile(given, rng.uniform(size=draws))
        for given in (method["revenue"], method["maintenance_rate"], method["tax_rate"], method["discount_rate"])
    )
    value = np.zeros(draws)
    for year in range(years):
        # Mid-period: the flow of year t stands at t - 1/2.
        value += revenue * (1 + growth) ** year * (royalty - maintenance) * (1 - tax) / (1 + rate) ** (year + 0.5)
    return [value.mean(), value.std(ddof=1), *np.quantile(value, [0.05, 0.25, 0.5, 0.75, 0.95])]


found = np.array([batch() for _ in range(batches)])
print(json.dumps({"mean": found.mean(axis=0).tolist(), "sd": found.std(axis=0, ddof=1).tolist()}))
