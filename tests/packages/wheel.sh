#!/usr/bin/env bash
# Builds the Python wheel around target/release/vigie, and tries it in clean environments of each Python that is named:
# wheel.sh [PYTHON…]. The first one also checks types and style. Leaves the wheel in target/wheel.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD package=$PWD/crates/python made=$PWD/target/wheel work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "wheel.sh: $1" >&2; exit 1; }
[ $# -gt 0 ] || set -- python3
environment() { "$1" -m venv "$2" && "$2/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir "${@:3}"; }

rm -rf "$made"
environment "$1" "$work/build" 'maturin==1.16.0'
# The same command, profile and features as `cargo build --release`: nothing is compiled twice.
(cd "$package" && "$work/build/bin/maturin" build --quiet --release --locked --out "$made")
wheel=$(echo "$made"/vigie-*.whl)
[ "$(stat -c %s "$wheel")" -le 20000000 ] || fail "$wheel is larger than 20 MB"

# Files need no other package.
environment "$1" "$work/plain" "$wheel"
cd "$work"
rows=$repository/reference_data/home_credit
"$work/plain/bin/vigie" --version
"$work/plain/bin/python" - "$rows/reference.parquet" "$rows/incident_amounts_before.parquet" <<'PYTHON'
import sys

import vigie

report = vigie.compare(sys.argv[1], sys.argv[2])
assert report.severity == "alarm", report
PYTHON

for python in "$@"; do
  tried=$work/$("$python" -c 'import sys; print(*sys.version_info[:2], sep=".")')
  environment "$python" "$tried" --requirement "$package/tests/requirements.txt" "$wheel"
  "$tried/bin/pytest" -q "$package/tests"
done
tried=$work/$("$1" -c 'import sys; print(*sys.version_info[:2], sep=".")')
cd "$package"
"$tried/bin/ruff" format --no-cache --quiet --check . && "$tried/bin/ruff" check --no-cache --quiet .
"$tried/bin/mypy" --cache-dir /dev/null vigie tests
printf '%s: %s bytes, tried with %s\n' "$wheel" "$(stat -c %s "$wheel")" "$*"
