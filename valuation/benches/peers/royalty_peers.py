"""Relief from royalty, ten years, six uncertain inputs: Hengshu against vectorised NumPy and Numba.

The same distributions and the same rows as `valuation/benches/cases.rs`; growth and royalty rate are correlated by a
Gaussian copula. Each program runs in a process of its own, warm, several rounds interleaved, and the medians are compared;
means and standard deviations must agree within four standard errors.

    python royalty_peers.py PATH_OF_royalty_bench [--draws N] [--rounds N] [--json]
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

YEARS = 10
CORRELATION = -0.3
BASE = 0.07


def numpy_peer(draws):
    """Whole columns, in place wherever NumPy can."""
    import numpy as np
    from scipy.special import ndtr

    low, mode, high = 0.03, 0.05, 0.09
    alpha, beta = 1 + 4 * (0.1 - 0.05) / 0.2, 1 + 4 * (0.25 - 0.1) / 0.2

    def run(seed):
        rng = np.random.Generator(np.random.PCG64(seed))
        revenue = rng.standard_normal(draws)
        revenue *= 0.25
        revenue += 13.8
        np.exp(revenue, out=revenue)
        z1, z2 = rng.standard_normal(draws), rng.standard_normal(draws)
        z2 *= math.sqrt(1 - CORRELATION**2)
        z2 += CORRELATION * z1
        grown = z1
        grown *= 0.03
        grown += 1.06
        u = ndtr(z2, out=z2)
        width = high - low
        royalty = np.where(
            u < (mode - low) / width,
            low + np.sqrt(u * (width * (mode - low))),
            high - np.sqrt((1 - u) * (width * (high - mode))),
        )
        kept = rng.beta(alpha, beta, draws)
        kept *= -0.2
        kept += 0.95
        left = rng.uniform(0.75, 0.85, draws)
        one_plus_rate = rng.standard_normal(draws)
        one_plus_rate *= 0.01
        one_plus_rate += 1 + BASE + 0.05
        factor = 1 / np.sqrt(one_plus_rate)
        value = np.zeros(draws)
        flow = np.empty(draws)
        for year in range(YEARS):
            if year:
                revenue *= grown
                factor /= one_plus_rate
            np.multiply(revenue, royalty, out=flow)
            flow *= kept
            flow *= left
            flow *= factor
            value += flow
        return float(value.mean()), float(value.std(ddof=1))

    return run


def numba_peer(draws):
    """One fused loop over draws on every core."""
    import numba
    import numpy as np

    alpha, beta = 1 + 4 * (0.1 - 0.05) / 0.2, 1 + 4 * (0.25 - 0.1) / 0.2
    blocks = 256

    @numba.njit(parallel=True, fastmath=True, error_model="numpy", cache=False)
    def simulate(seed, value, sums):
        low, mode, high = 0.03, 0.05, 0.09
        width = high - low
        split, below, above = (mode - low) / width, width * (mode - low), width * (high - mode)
        other = math.sqrt(1 - CORRELATION**2)
        for block in numba.prange(blocks):
            np.random.seed(seed + block)
            total = 0.0
            for draw in range(block * draws // blocks, (block + 1) * draws // blocks):
                revenue = math.exp(13.8 + 0.25 * np.random.standard_normal())
                z1 = np.random.standard_normal()
                u = 0.5 * math.erfc(-(CORRELATION * z1 + other * np.random.standard_normal()) * 0.7071067811865476)
                grown = 1.06 + 0.03 * z1
                royalty = low + math.sqrt(u * below) if u < split else high - math.sqrt((1 - u) * above)
                kept = 0.95 - 0.2 * np.random.beta(alpha, beta)
                left = 1 - np.random.uniform(0.15, 0.25)
                one_plus_rate = 1 + BASE + 0.05 + 0.01 * np.random.standard_normal()
                factor = 1 / math.sqrt(one_plus_rate)
                present = 0.0
                for year in range(YEARS):
                    if year > 0:
                        revenue *= grown
                        factor /= one_plus_rate
                    present += revenue * royalty * kept * left * factor
                value[draw] = present
                total += present
            sums[block] = total

    value, sums = np.empty(draws), np.empty(blocks)

    def run(seed):
        simulate(seed, value, sums)
        return float(sums.sum() / draws), float(value.std(ddof=1))

    return run


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(peer, draws, runs):
    run = {"numpy": numpy_peer, "numba": numba_peer}[peer](draws)
    mean, sd = run(1)
    seconds, before = [], cpu_seconds()
    for _ in range(runs):
        start = time.perf_counter()
        mean, sd = run(1)
        seconds.append(time.perf_counter() - start)
    cpu = (cpu_seconds() - before) / runs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "draws": draws, "seconds_median": statistics.median(seconds), "cpu_seconds": cpu, "mean": mean, "sd": sd,
        "peak_rss": peak,
    }


def child(command):
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def agree(ours, peer):
    """Both means and both standard deviations within four standard errors of their difference."""
    n, sd = ours["draws"], ours["sd"]
    mean_error = math.sqrt(2 / n) * sd
    # The fourth moment of a skewed value is larger than the normal one: twice its standard error is allowed for.
    sd_error = 2 * sd / math.sqrt(n)
    return abs(ours["mean"] - peer["mean"]) <= 4 * mean_error and abs(ours["sd"] - peer["sd"]) <= 4 * sd_error


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", choices=["numpy", "numba"])
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(measure(given.peer, given.draws, given.runs)))
        return 0
    if not given.program:
        parser.error("the path of royalty_bench is missing; build it with cargo build --example royalty_bench")
    found = {"hengshu": [], "numpy": [], "numba": []}
    for _ in range(given.rounds):
        found["hengshu"].append(child([given.program, str(given.draws), str(given.runs), "0"]))
        for peer in ("numpy", "numba"):
            sizes = ["--draws", str(given.draws), "--runs", str(given.runs)]
            found[peer].append(child([sys.executable, __file__, "--peer", peer, *sizes]))
    table = {}
    for name, rounds in found.items():
        table[name] = dict(rounds[-1])
        for figure in ("seconds_median", "cpu_seconds", "peak_rss"):
            table[name][figure] = statistics.median(one[figure] for one in rounds)
    ours = table["hengshu"]
    for name, row in table.items():
        row["ratio"] = ours["seconds_median"] / row["seconds_median"]
        row["cpu_ratio"] = ours["cpu_seconds"] / row["cpu_seconds"]
        row["agrees"] = agree(ours, row)
    if given.json:
        print(json.dumps({"cores": os.cpu_count(), "python": platform.python_version(), "peers": table}))
    else:
        print(f"{given.draws:,} draws, {os.cpu_count()} cores, {given.rounds} rounds of {given.runs} warm runs")
        print(f"{'':8} {'ms':>8} {'CPU ms':>8} {'MiB':>7} {'ours/peer':>10} {'CPU':>6} {'mean':>12} {'sd':>12}  agrees")
        for name, row in table.items():
            print(
                f"{name:8} {row['seconds_median'] * 1e3:8.1f} {row['cpu_seconds'] * 1e3:8.1f} "
                f"{row['peak_rss'] / 2**20:7.1f} {row['ratio']:10.2f} {row['cpu_ratio']:6.2f} "
                f"{row['mean']:12.2f} {row['sd']:12.2f}  {'yes' if row['agrees'] else 'NO'}"
            )
    return 0 if all(row["agrees"] for row in table.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
