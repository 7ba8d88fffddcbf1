-- prelude stands before every other script: those use what is local here.
-- The script's keys are base, KEYS[1], and names made from it, all of one hash tag;
-- base is also the channel on which the script publishes. See keys.go.
--
-- Times are microseconds since 1970, by Redis' own clock. Lua itself must not make a
-- string of a number that may exceed 10^14: it would write it as a power of ten.

local base = KEYS[1]

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- text writes a whole number with all its digits.
local function text(n) return string.format('%.0f', n) end

-- tell gives what happens to a conversation its position, and publishes it.
local function tell(kind, rest)
  local p = redis.call('HINCRBY', base .. ':h', 'p', 1)
  redis.call('SPUBLISH', base, kind .. ' ' .. p .. ' ' .. rest)
  return p
end

-- position returns the last position of the conversation.
local function position() return tonumber(redis.call('HGET', base .. ':h', 'p') or '0') end
