#!/usr/bin/env bash
# Load test: at least 10,000 requests while runs are in progress. No request may fail, p99 must stay below 50 ms, and a run may
# be at most 10% slower. LOOSE=3 multiplies both time limits, for busy machines.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${VIGIE:-}" ] || cargo build --release --quiet --bin vigie --example serve
vigie=${VIGIE:-$PWD/target/release/vigie} serve=${VIGIE_SERVE:-$PWD/target/release/examples/serve}
work=$(mktemp -d) && trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/config" && cp config/vigie.yaml "$work/config/" && ln -s "$PWD/reference_data" "$work/reference_data"

check() { (cd "$work" && "$vigie" check --from 2026-10-14 --to 2026-10-15 >/dev/null); }
# median N: median duration of N runs, in ms
median() {
  for _ in $(seq "$1"); do
    local from=${EPOCHREALTIME/[.,]/}
    check
    echo $(((${EPOCHREALTIME/[.,]/} - from) / 1000))
  done | sort -n | sed -n "$((($1 + 1) / 2))p"
}

for n in 01 02 03 04 05 06 07 08 09; do
  (cd "$work" && "$vigie" check --from "2026-10-$n" --to "2026-10-$(printf %02d $((10#$n + 1)))" >/dev/null)
done
check
"$serve" "$work/reports" 127.0.0.1:0 >"$work/address" &
server=$!
until [ -s "$work/address" ]; do sleep 0.1; done
address=$(<"$work/address")
idle=$(median 15)
wrk -t1 -c10 -d30s -s tests/browser/load.lua "${address%/}" -- /reports/credit-default/20261014T000000Z_20261015T000000Z/report.html >"$work/wrk" &
wrk=$!
sleep 1
loaded=$(median 15)
wait "$wrk"
result=$(grep '^requests=' "$work/wrk")
echo "$result; a run takes $idle ms without load, $loaded ms under load"
eval "$result"
[ "$requests" -ge 10000 ] || { echo "only $requests requests"; exit 1; }
[ "$failed" -eq 0 ] || { echo "$failed requests failed"; exit 1; }
loose=${LOOSE:-1}
awk -v p99="$p99_ms" -v loose="$loose" 'BEGIN {exit !(p99 < 50 * loose)}' || { echo "p99 is $p99_ms ms"; exit 1; }
[ $((loaded * 100)) -le $((idle * (100 + 10 * loose) + 500)) ] || { echo "a run is more than $((10 * loose))% slower under load"; exit 1; }
