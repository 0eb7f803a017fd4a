#!/usr/bin/env bash
# A window of ROWS records × 125 JSONB keys: `vigie check`, beside psql's COPY of the same columns to /dev/null.
# usage: benches/peers/postgres.sh [ROWS] [VIGIE]; starts a PostgreSQL of its own. Fails above 300 MB or 1.5 × COPY (LIMIT=4.5 is looser).
# Scores are not held against the model file here, which would read the rows a second time.
# DAY=14 takes the requests of a day of the example with drift: exact KS then looks at the rows again.
set -euo pipefail
cd "$(dirname "$0")/../.."
rows=${1:-50000} vigie=$(realpath "${2:-target/release/vigie}") runs=${RUNS:-3}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
work=$(mktemp -d) && chmod 711 "$work"
as=() # a server refuses to run as root
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups) && chown postgres "$work"; fi
stop() { (cd / && "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1) || true; rm -rf "$work"; }
trap stop EXIT

(cd / && "${as[@]}" "$bin/initdb" --no-sync -D "$work/data" -U postgres -E UTF8 --locale=C --auth=trust >/dev/null)
(cd / && "${as[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" -o "-k $work -c listen_addresses= -c fsync=off \
  -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=1GB -c max_wal_size=8GB" start >/dev/null)
psql=("$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$work" -U postgres -d postgres)

# The example's answered requests, as often as it takes, spread over one day.
"${psql[@]}" -c 'CREATE TABLE raw (n bigserial, line text)'
zcat reference_data/home_credit/log/predictions-2026-10-${DAY:-01}.ndjson.gz | grep '"status_code":200' | grep '"/predict"' |
  "${psql[@]}" -c "COPY raw (line) FROM STDIN WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
"${psql[@]}" <<SQL
CREATE TABLE prod_requests (id bigserial, ts timestamptz, endpoint text, status_code int, latency_ms double precision,
  sk_id_curr text, inputs jsonb, outputs jsonb, error text, message text);
INSERT INTO prod_requests (ts, endpoint, status_code, latency_ms, sk_id_curr, inputs, outputs)
SELECT timestamptz '2026-10-01T00:00:00Z' + k * (interval '86399 s' / $rows), r->>'endpoint', (r->>'status_code')::int,
  (r->>'latency_ms')::float8, r->>'sk_id_curr', r->'inputs', r->'outputs'
FROM generate_series(0, $rows - 1) AS k
JOIN (SELECT n, line::jsonb AS r FROM raw) AS lines ON n = 1 + k % (SELECT count(*) FROM raw);
CREATE INDEX ON prod_requests (ts);
VACUUM ANALYZE prod_requests;
CHECKPOINT;
SQL
sed -e "s|kind: files|kind: postgres\n  url: host=$work user=postgres dbname=postgres\n  table: prod_requests|" \
  -e '/^  path: /d' -e '/^  file: /d' -e 's/    id: request_id/    id: id/' -e '/model_version: /d' -e "s|\.\./reference_data|$PWD/reference_data|" \
  -e "s|\.\./reports|reports|" -e "s|\.\./\.vigie|state|" config/vigie.yaml >"$work/vigie.yaml"

columns='id, ts, endpoint, status_code, latency_ms, inputs, outputs, error'
where="ts >= '2026-10-01T00:00:00Z' AND ts < '2026-10-02T00:00:00Z'"
cat >"$work/measure.py" <<'PY'
import os, resource, statistics, subprocess, sys, time
runs, rows, commands = int(sys.argv[1]), int(sys.argv[2]), {"psql": sys.argv[4:], "vigie": sys.argv[3].split("\t")}
seconds = {name: [] for name in commands}
memory = 0
for run in range(runs + 1):  # the first one warms the server's memory
    for name, command in commands.items():
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"{name} failed")
        if run:
            seconds[name].append(time.monotonic() - started)
        if name == "vigie":
            memory = max(memory, used.ru_maxrss / 1024)
psql, vigie = (statistics.median(seconds[name]) for name in ("psql", "vigie"))
print(f"{rows} rows x 125 JSONB keys, medians of {runs}: psql COPY {psql:.2f} s, vigie check {vigie:.2f} s, "
      f"ratio {vigie / psql:.2f}; vigie's peak memory {memory:.0f} MB")
limit = float(os.environ.get("LIMIT", "1.5"))
if memory > 300 or vigie > limit * psql:
    sys.exit(f"above 300 MB, or above {limit} x COPY")
PY
python3 "$work/measure.py" "$runs" "$rows" \
  "$vigie"$'\tcheck\t--config\t'"$work/vigie.yaml"$'\t--from\t2026-10-01\t--to\t2026-10-02' \
  "${psql[@]}" -c "COPY (SELECT $columns FROM prod_requests WHERE $where) TO STDOUT"
