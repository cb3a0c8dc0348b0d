#!/usr/bin/env bash
# Installs what the tests need and is not there yet; says nothing when nothing is missing.
# Standard output holds one line: the Python interpreter of the tests.
#
#   tests/setup.sh          programs, fonts, Python packages of tests/requirements.txt
#   tests/setup.sh bench    the same, and tests/bench/requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

# --- programs and fonts -------------------------------------------------------------------------------------------
missing=()
command -v soffice > /dev/null || missing+=(libreoffice-calc)     # recalculates our working papers
command -v chromium > /dev/null || missing+=(chromium)            # looks at our pages
command -v pdftotext > /dev/null || missing+=(poppler-utils)      # reads our PDF files
[ -x "$(ls -d /usr/lib/postgresql/*/bin/postgres 2> /dev/null | tail -1)" ] || command -v postgres > /dev/null \
  || missing+=(postgresql)                                        # the other database of the register
command -v hledger > /dev/null || missing+=(hledger)              # checks our exported journals
command -v bean-check > /dev/null || missing+=(beancount)         # the same, by other rules
[ -n "$(fc-list :lang=zh family 2> /dev/null)" ] || missing+=(fontconfig fonts-noto-cjk)
python3 -c 'import venv, ensurepip' 2> /dev/null || missing+=(python3 python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get > /dev/null; then
    say "please install: ${missing[*]} (named as in Debian; there is no apt-get here)"
    exit 1
  fi
  sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# --- Python packages ----------------------------------------------------------------------------------------------
# The environment lives in the user's cache under the hash of its list, so a fresh clone does not download it again.
key=$( (python3 --version; cat tests/requirements.txt) | sha256sum | cut -c 1-16)
venv="${XDG_CACHE_HOME:-$HOME/.cache}/hengshu/python-$key"

if [ ! -e "$venv/complete" ]; then
  say "making the Python environment of the tests in $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" >&2
  "$venv/bin/python" -m pip install --quiet --no-input --requirement tests/requirements.txt >&2
  touch "$venv/complete"
fi
if [ "${1:-}" = bench ] && ! cmp --silent tests/bench/requirements.txt "$venv/bench"; then
  say "adding the packages of tests/bench/requirements.txt"
  "$venv/bin/python" -m pip install --quiet --no-input --requirement tests/bench/requirements.txt >&2
  cp tests/bench/requirements.txt "$venv/bench"
fi
[ "$(readlink .venv 2> /dev/null)" = "$venv" ] || { rm -rf .venv; ln -s "$venv" .venv; }
echo "$venv/bin/python"
