-- Mixed requests, 500 per second over 10 connections. Prints the number of requests, failures and the p99 latency.
local paths = {}
local turn = 0

function init(args)
  paths = { '/reports/', '/metrics', '/api/v1/runs', '/api/v1/models', '/healthz', args[1] }
end

function delay()
  return 20
end

function request()
  turn = turn % #paths + 1
  return wrk.format('GET', paths[turn])
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('requests=%d failed=%d p99_ms=%.1f\n', summary.requests, failed, latency:percentile(99) / 1000))
end
