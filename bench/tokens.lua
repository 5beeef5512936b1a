-- The load of many callers: wrk sends each request with the next token of a file, over and over.
-- Arguments: the method, then the file, a token a line.

local requests, place = {}, 0

function init(args)
  wrk.method = args[1]
  for token in io.lines(args[2]) do
    wrk.headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format()
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency, _)
  local failed = summary.errors
  print(string.format(
    '\n{"requests":%d,"duration_us":%d,"refused":%d,"socket_errors":%d,"p50_us":%d,"p99_us":%d}',
    summary.requests, summary.duration, failed.status,
    failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50), latency:percentile(99)))
end
