-- away notes that a user is away, and for which address that counts, or is not away any
-- more, unless the user has been here since and is due later.
--
-- KEYS[1]  users who are away, by when each is due
-- KEYS[2]  by user, the number of the lot and the entry there
-- KEYS[3], KEYS[4]  lot 1, who holds nothing: entries "ADDRESS DUE USER", in that order, and
--                   addresses by how many count for each
-- KEYS[5], KEYS[6]  lot 2, who holds something: likewise
-- ARGV[1]  the user
-- ARGV[2]  when the user is due, in ms
-- ARGV[3]  the number of the lot; 0: the user is not away
-- ARGV[4]  the address; '-': as it was
--
-- Reply: 1.

local user, due, address = ARGV[1], ARGV[2], ARGV[4]
local was = redis.call('ZSCORE', KEYS[1], user)
if was and tonumber(was) > tonumber(due) then return 1 end
local place = redis.call('HGET', KEYS[2], user)
if place then
  local n, entry = 1 + 2 * string.sub(place, 1, 1), string.sub(place, 2)
  local from = string.match(entry, '^[^ ]*')
  redis.call('ZREM', KEYS[n], entry)
  if tonumber(redis.call('ZINCRBY', KEYS[n + 1], -1, from)) <= 0 then redis.call('ZREM', KEYS[n + 1], from) end
  if address == '-' then address = from end
end
if ARGV[3] == '0' or address == '-' then -- or back meanwhile
  redis.call('ZREM', KEYS[1], user)
  redis.call('HDEL', KEYS[2], user)
  return 1
end
local n, entry = 1 + 2 * ARGV[3], address .. ' ' .. due .. ' ' .. user
redis.call('ZADD', KEYS[1], due, user)
redis.call('HSET', KEYS[2], user, ARGV[3] .. entry)
redis.call('ZADD', KEYS[n], 0, entry)
redis.call('ZINCRBY', KEYS[n + 1], 1, address)
return 1
