"""Makes the sample of five owners' pooled data: hourly features of a city and its power load on the next day.

The law is known: load = 50 + 3·temperature + 2·humidity − 1.5·traffic + 0.8·events + noise. Owners differ in the number of
their rows and in their noise; the last one's loads carry a shift of a meter, so its rows do harm. Standardised features.
"""

import sys
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

OWNERS = {"气象服务中心": (90, 1.0, 0), "电网公司": (60, 0.6, 0), "交通集团": (45, 1.5, 0), "商业数据公司": (30, 2.0, 0), "旧表计公司": (40, 2.0, 9)}
LAW = numpy.array([3.0, 2.0, -1.5, 0.8])
NAMES = ["temperature", "humidity", "traffic", "events"]

folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
random = numpy.random.default_rng(20261124)


def table(rows, noise, shift):
    features = random.standard_normal((rows, 4)).round(4)
    load = 50 + features @ LAW + noise * random.standard_normal(rows) + shift * (features[:, 0] < 0)
    columns = {name: features[:, at] for at, name in enumerate(NAMES)}
    return pyarrow.table({**columns, "load": load.round(3)})


for number, (owner, (rows, noise, shift)) in enumerate(OWNERS.items(), 1):
    pyarrow.parquet.write_table(table(rows, noise, shift), folder / f"owner-{number}.parquet")
pyarrow.parquet.write_table(table(200, 1.0, 0), folder / "test.parquet")
