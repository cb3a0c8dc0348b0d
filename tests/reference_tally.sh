#!/usr/bin/env bash
# The last words of `make test`: how many reference tests ran and how many had no data.
# Each of them wrote one line `ran NAME` or `missing NAME` into the file given.
set -euo pipefail
ran=$(sort -u "$1" | grep -c '^ran ' || true)
missing=$(sort -u "$1" | grep -c '^missing ' || true)
echo "reference data: $ran tests ran, $missing had no data"
if [ "$missing" -gt 0 ]; then
  echo "(set HENGSHU_REFERENCE_DATA to the folder of the reference data to run the others)"
fi
