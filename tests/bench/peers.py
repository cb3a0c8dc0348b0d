"""The figures of BENCHMARKS.md, measured on this machine and printed as one table.

Each measure is a program that prints one JSON object on its last line. Run by `make bench-peers`, which builds the binary and
sets up Python first. The machine should have nothing else to do.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARGO = os.environ.get("CARGO", "cargo")
BUILD = ["--profile", "quick", "--workspace"]


def target() -> Path:
    said = subprocess.run(
        [CARGO, "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return Path(json.loads(said.stdout)["target_directory"]) / "quick"


def measured(command: list, **settings) -> dict:
    """The JSON object on the last line that `command` prints."""
    said = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **settings)
    return json.loads(said.stdout.strip().splitlines()[-1])


def machine() -> str:
    model = platform.processor() or "unknown processor"
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    versions = [f"Python {platform.python_version()}"]
    for name in ("numpy", "numba"):
        versions.append(f"{name} {__import__(name).__version__}")
    return f"{os.cpu_count()} cores, {model}; {rustc}; {', '.join(versions)}"


def import_rate(programs: Path) -> list:
    found = measured([programs / "examples" / "import_rate", "1000000"])
    large = measured([programs / "examples" / "import_rate", "4000000"])
    return [
        ("Import of CSV trades, 1,000,000 rows", f"{found['rows_per_second']:,.0f} rows/s, {found['peak_mib']:.0f} MiB"),
        ("Import of CSV trades, 4,000,000 rows", f"{large['rows_per_second']:,.0f} rows/s, {large['peak_mib']:.0f} MiB"),
    ]


def royalty(programs: Path) -> list:
    """A million draws against NumPy and Numba, which must give the same answer within sampling error."""
    program = programs / "examples" / "royalty_bench"
    script = ROOT / "valuation" / "benches" / "peers" / "royalty_peers.py"
    peers = measured([sys.executable, script, program, "--json"])["peers"]
    rows = []
    for name, peer in peers.items():
        if not peer["agrees"]:
            raise ValueError(f"{name} gives another answer: mean {peer['mean']}, sd {peer['sd']}")
        figure = f"{peer['seconds_median'] * 1e3:.0f} ms, {peer['peak_rss'] / 2**20:.0f} MiB"
        ratio = "" if name == "hengshu" else f"; Hengshu takes {peer['ratio']:.2f} of it"
        rows.append((f"Relief from royalty, 10 years, 1,000,000 draws, all cores: {name}", figure + ratio))
    return rows


def portfolio(programs: Path) -> list:
    found = measured([programs / "examples" / "royalty_bench", "1000", "1", "5"])
    seconds = found["books_seconds_median"]
    what = f"Amortisation in Books arithmetic, 60 months, {found['books_schedules']:,} assets in one pass"
    return [(what, f"{seconds:.2f} s, {found['books_schedules'] / seconds:,.0f} assets/s")]


<<<<<<< HEAD
def fixed_effects(programs: Path) -> list:
    """fixest's designs, ten million rows, clustered errors, from columns in memory to the table of coefficients."""
    script = ROOT / "pricing-models" / "benches" / "peers" / "fixed_effects_peers.py"
    rows = []
    for design, effects in (("easy", 2), ("hard", 3)):
        ours = measured([programs / "examples" / "fit_rate", "10000000", design, str(os.cpu_count())])
        peer = measured([sys.executable, script, "10000000", design])
        what = f"Fit of 10,000,000 rows, {effects} fixed effects ({design})"
        rows.append((f"{what}: hengshu", f"{ours['seconds']:.1f} s, {ours['peak_mib']:,.0f} MiB"))
        ratio = ours["seconds"] / peer["seconds"]
        figure = f"{peer['seconds']:.1f} s, {peer['peak_mib']:,.0f} MiB; Hengshu takes {ratio:.2f} of it"
        rows.append((f"{what}: pyfixest", figure))
=======
def own_environment(name: str) -> Path:
    """A Python environment for packages that do not get on with the others, kept in the user's cache by its list."""
    listed = ROOT / "tests" / "bench" / f"{name}.txt"
    key = hashlib.sha256(listed.read_bytes() + platform.python_version().encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "hengshu" / f"{name}-{key}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        print(f"making the Python environment of {listed.name} in {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-input", "--requirement", listed], check=True, stdout=sys.stderr
        )
        (home / "complete").touch()
    return python


def contribution(programs: Path) -> list:
    """Shapley values against pyDVL, which must give the same ones."""
    script = ROOT / "valuation" / "benches" / "peers" / "share_peers.py"
    found = measured([own_environment("pydvl"), script, programs / "examples" / "share_bench"])
    names = {
        "nearest": "KNN-Shapley, 100,000 × 1,000 rows × 32 features, K = 5",
        "exact": "Exact Shapley values of 20 owners from a table",
        "sampled": "Sampled Shapley values of 51 players at equal error, 1,000 orders",
    }
    rows = []
    for key, name in names.items():
        peer = found[key]
        if not peer["agrees"]:
            raise ValueError(f"{key}: pyDVL gives other values, apart by {peer['apart']}")
        rows.append((f"{name}: hengshu", f"{peer['hengshu'] * 1e3:,.1f} ms"))
        figure = f"{peer['pydvl']:,.1f} s; Hengshu takes 1/{1 / peer['ratio']:,.0f} of it"
        rows.append((f"{name}: pyDVL 0.10", figure))
>>>>>>> main
    return rows


def demo_time(programs: Path) -> list:
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        subprocess.run(
            [programs / "hengshu", "demo", "--data-dir", Path(folder) / "data"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )
        return [("`hengshu demo` from a finished build", f"{time.perf_counter() - begin:.1f} s")]


<<<<<<< HEAD
MEASURES = [royalty, portfolio, import_rate, fixed_effects, demo_time]
=======
MEASURES = [royalty, portfolio, contribution, import_rate, demo_time]
>>>>>>> main


def main() -> int:
    subprocess.run([CARGO, "build", *BUILD, "--bins", "--examples"], cwd=ROOT, check=True)
    programs = target()
    rows, failed = [], 0
    for measure in MEASURES:
        try:
            rows += measure(programs)
        except (subprocess.CalledProcessError, OSError, KeyError, ValueError) as error:
            failed = 1
            print(f"{measure.__name__}: {error}", file=sys.stderr)
    print(f"\nMeasured {time.strftime('%Y-%m-%d')}: {machine()}\n")
    print("| what | figure |\n|---|---|")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    return failed


if __name__ == "__main__":
    sys.exit(main())
