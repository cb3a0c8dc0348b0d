"""fixest's own designs by pyfixest: the same rows as `examples/fit_rate.rs`, one JSON object.

    fixed_effects_peers.py ROWS easy|hard
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
import pyfixest as pf

rows, design = int(sys.argv[1]), sys.argv[2]
rng = np.random.default_rng(1)
i = np.arange(rows)
sellers = max(rows // 10 // 23, 2)
seller = i % sellers if design == "hard" else rng.integers(0, sellers, rows)
d = pd.DataFrame({"buyer": i // 10, "year": i % 10, "seller": seller, "x": rng.uniform(size=rows)})
d["y"] = 0.05 * d.x + 0.1 * (d.buyer % 17) + 0.2 * (d.seller % 13) + 0.1 * d.year + rng.uniform(size=rows)
effects = "buyer + seller + year" if design == "hard" else "buyer + seller"
demeaner = pf.LsmrDemeaner() if design == "hard" else pf.MapDemeaner()
seconds = []
for _ in range(2):  # the second run has everything compiled
    begin = time.perf_counter()
    pf.feols(f"y ~ x | {effects}", d, vcov={"CRV1": "seller"}, copy_data=False, store_data=False, lean=True, demeaner=demeaner)
    seconds.append(time.perf_counter() - begin)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": rows, "design": design, "seconds": min(seconds), "peak_mib": peak}))
