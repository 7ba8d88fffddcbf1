-- prelude stands before every other script: those use what is local here.
-- Every key that a script touches is among its KEYS, all of one hash tag, so that a
-- cluster knows what a moving slot lacks. KEYS[1] of a conversation or user ends in :h;
-- base is what stands before that, and the channel on which the script publishes. See
-- keys.go.
--
-- Times are microseconds since 1970, by Redis' own clock. Lua itself must not make a
-- string of a number that may exceed 10^14: it would write it as a power of ten.

local base = string.sub(KEYS[1], 1, -3)

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- text writes a whole number with all its digits.
local function text(n) return string.format('%.0f', n) end

-- late reports whether the caller has given up what it asked for.
local function late(deadline) return deadline ~= '0' and now() > tonumber(deadline) end

-- turn gives a user's login an odd number, or the exit an even one, above all before.
local function turn(h, online)
  local n = math.max(now(), tonumber(redis.call('HGET', h, 'gen') or '0') + 1)
  if n % 2 ~= (online and 1 or 0) then n = n + 1 end
  redis.call('HSET', h, 'gen', text(n))
end
