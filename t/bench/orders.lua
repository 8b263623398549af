-- The load of wrk: raw requests read from the file BENCH_REQUESTS names, sent
-- in turn.  They are made before, so that the load costs as little as it can.

local requests, at = {}, 0


function init(args)
    local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))

    local text, from = file:read("*a"), 1

    file:close()

    while true do
        local _, last = text:find("\r\n\r\n", from, true)

        if not last then
            break
        end

        local length = text:sub(from, last):match("[Cc]ontent%-[Ll]ength: (%d+)")

        last = last + (length or 0)
        requests[#requests + 1] = text:sub(from, last)
        from = last + 1
    end
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
