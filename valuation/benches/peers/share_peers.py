"""Contribution against pyDVL: the same data, the same values, the time of each. Prints one JSON object.

    python share_peers.py PROGRAM [TEST_ROWS] [OWNERS]

Run in an environment of its own (tests/bench/pydvl.txt): pyDVL 0.10 needs NumPy 1. pyDVL is timed on TEST_ROWS of 1,000 test
rows (nearest neighbours) and on OWNERS of 20 owners (exact), and its time is scaled by the work: test rows, and n·2ⁿ.
"""

import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import numpy
from pydvl.valuation.dataset import Dataset
from pydvl.valuation.games import AsymmetricVotingGame, Game
from pydvl.valuation.methods.knn_shapley import KNNShapleyValuation
from pydvl.valuation.methods.shapley import ShapleyValuation
from pydvl.valuation.samplers import DeterministicUniformSampler, PermutationSampler
from pydvl.valuation.stopping import MinUpdates, NoStopping
from sklearn.neighbors import KNeighborsClassifier

PROGRAM = sys.argv[1]
TEST_ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
OWNERS = int(sys.argv[3]) if len(sys.argv) > 3 else 12


def ours(what, of):
    said = subprocess.run([PROGRAM, what, str(of)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(said.stdout)


def timed(valuation, data):
    begin = time.perf_counter()
    valuation.fit(data)
    return time.perf_counter() - begin, valuation.result


def nearest():
    random = numpy.random.default_rng(7)
    train, test = random.standard_normal((100_000, 32)), random.standard_normal((1_000, 32))
    classes = [(part[:, 0] + part[:, 1] > random.standard_normal(len(part))).astype(numpy.uint32) for part in (train, test)]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def run(rows):
            train.tofile(folder / "train.f64")
            test[:rows].tofile(folder / "test.f64")
            classes[0].tofile(folder / "train.u32")
            classes[1][:rows].tofile(folder / "test.u32")
            return ours("nearest", folder), numpy.fromfile(folder / "values.f64")

        few, values = run(TEST_ROWS)
        whole, _ = run(1_000)
    model = KNeighborsClassifier(n_neighbors=5)
    valuation = KNNShapleyValuation(model, Dataset(test[:TEST_ROWS], classes[1][:TEST_ROWS]), progress=False)
    seconds, result = timed(valuation, Dataset(train, classes[0]))
    theirs = numpy.empty(len(train))
    theirs[result.indices] = result.values
    apart = float(abs(theirs - values).max())
    scaled = seconds * 1_000 / TEST_ROWS
    return {"hengshu": whole["seconds"], "pydvl": scaled, "ratio": whole["seconds"] / scaled, "apart": apart,
            "agrees": apart < 1e-10}


class Table(Game):
    def __init__(self, players, table):
        self.table = table
        super().__init__(players)

    def _score(self, rows):
        return float(self.table[sum(1 << int(player) for player in rows.ravel())])


def exact():
    random = numpy.random.default_rng(7)

    def table(players):
        # A concave worth of random weights: owners' data overlap.
        weights = random.random(players)
        masks = numpy.arange(1 << players)
        return numpy.sqrt(sum(weights[k] * (masks >> k & 1) for k in range(players)))

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        table(20).tofile(folder / "table.f64")
        whole = ours("exact", folder)
        small = table(OWNERS)
        small.tofile(folder / "table.f64")
        ours("exact", folder)
        values = numpy.fromfile(folder / "values.f64")
    game = Table(OWNERS, small)
    sampler = DeterministicUniformSampler(batch_size=1)
    seconds, result = timed(ShapleyValuation(game.u, sampler, NoStopping(sampler), progress=False), game.data)
    theirs = numpy.empty(OWNERS)
    theirs[result.indices] = result.values
    apart = float(abs(theirs - values).max())
    scaled = seconds * 20 * 2**20 / (OWNERS * 2**OWNERS)
    return {"hengshu": whole["seconds"], "pydvl": scaled, "ratio": whole["seconds"] / scaled, "apart": apart,
            "agrees": apart < 1e-10}


def sampled():
    draws = 1_000
    whole = ours("sampled", draws)
    game = AsymmetricVotingGame()
    sampler = PermutationSampler(seed=1)
    seconds, result = timed(ShapleyValuation(game.u, sampler, MinUpdates(draws), progress=False), game.data)
    theirs, error = numpy.empty(51), numpy.empty(51)
    theirs[result.indices], error[result.indices] = result.values, result.stderr
    # The game lists its players in an order of its own; the exact values of both are those of Castro et al.
    order = numpy.argsort(-theirs, kind="stable")
    spread = float(numpy.mean(error)), float(numpy.mean(whole["std_error"]))
    # The same number of orders gives the same error; what differs is made equal by the square of the errors.
    equal = seconds * (spread[0] / spread[1]) ** 2
    exact_sum = abs(sum(whole["values"]) - 1) < 1e-9
    apart = numpy.abs(numpy.sort(theirs)[::-1] - numpy.sort(whole["values"])[::-1]).max()
    return {"hengshu": whole["seconds"], "pydvl": equal, "ratio": whole["seconds"] / equal, "apart": float(apart),
            "agrees": bool(exact_sum and apart < 5 * max(error.max(), max(whole["std_error"])) and len(order) == 51)}


print(json.dumps({"nearest": nearest(), "exact": exact(), "sampled": sampled()}))
