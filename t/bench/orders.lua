-- The load of wrk: raw requests read from the file BENCH_REQUESTS names, sent
-- in turn.  They are made before, so that the load costs as little as it can.

local requests, at = {}, 0


function init(args)
    local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))

    for one in file:read("*a"):gmatch("(.-\r\n\r\n)") do
        requests[#requests + 1] = one
    end

    file:close()
end


function request()
    at = at % #requests + 1
    return requests[at]
end


function done(summary, latency)
    local errors = summary.errors

    io.write(string.format("result %d %d %d %d\n", summary.requests, summary.duration,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
