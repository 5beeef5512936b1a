"""The script that Redis runs for hits of one client: `limits/window` in Lua, atomic, by Redis' clock.

A counter is one string: the five numbers of a `WindowCounter`, then two for each older bucket. Times are
microseconds of Redis' clock, so the clocks of replicas do not matter. The key expires with the window.
"""

from hashlib import sha1

from estuary.limits.window import BUCKETS

SCRIPT = f"""\
local hits, cost, limit, length = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local used, earlier, last, oldest, closes_at, older = 0, 0, 0, 0, 0, ''
local counter = redis.call('GET', KEYS[1])
if counter then
  used, earlier, last, oldest, closes_at = struct.unpack('<ddddd', counter)
  older = string.sub(counter, 41)
end
-- A clock that was set back a little stands still; set back by more than a window, it begins again.
if last - now >= length then
  used, earlier, last, oldest, closes_at, older = 0, 0, 0, 0, 0, ''
elseif now < last then
  now = last
end
if now - last >= length then
  used, earlier, older = 0, 0, ''
elseif now - oldest >= length then
  local gone = 1
  while gone < #older do
    local newest, count = struct.unpack('<dd', older, gone)
    if now - newest < length then break end
    earlier, used, gone = earlier - count, used - count, gone + 16
  end
  older = string.sub(older, gone)
  oldest = older == '' and last or struct.unpack('<d', older)
end
local admitted = math.min(hits, math.floor((limit - used) / cost))
if admitted <= 0 then
  return {{0, math.max(0, limit - used), used > 0 and length - (now - oldest) or length}}
end
if now >= closes_at then
  if used > earlier then
    older = older .. struct.pack('<dd', last, used - earlier)
    earlier = used
  end
  closes_at = now + length / {BUCKETS}
end
used, last = used + admitted * cost, now
if older == '' then oldest = now end
counter = struct.pack('<ddddd', used, earlier, last, oldest, closes_at) .. older
redis.call('SET', KEYS[1], counter, 'PX', math.ceil(length / 1000))
return {{admitted, limit - used, length - (now - oldest)}}
"""

DIGEST = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis keeps it."""
