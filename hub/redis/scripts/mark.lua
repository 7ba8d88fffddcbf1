-- mark changes a user's marks of conversations, and publishes what that changes: read only
-- goes forward, but is void with a new epoch. Beyond a number of them, the one that has been
-- unchanged longest goes.
--
-- KEYS[1], KEYS[2]  :k and :kt of the user
-- ARGV[1]  the node
-- ARGV[2]  the number of the request there; 0: clients are not told of it
-- ARGV[3]  the epoch
-- ARGV[4]  how many conversations may be marked
-- ARGV[5]  deadline in µs of Redis' clock; 0: none
-- Behind them, any number of times: conversation, up to where it is read, flags to set, flags
-- to clear
--
-- Reply: 1 if that changes anything, or 0. An error, LATE, says that the deadline has passed.

if late(ARGV[5]) then return redis.error_reply('LATE it has been given up') end
local k, kt, changed = KEYS[1], KEYS[2], 0
for i = 6, #ARGV, 4 do
  local name = ARGV[i]
  local read, flags, epoch = string.match(redis.call('HGET', k, name) or '', '^(%d+) (%d+) (.*)$')
  read, flags = epoch == ARGV[3] and tonumber(read) or 0, tonumber(flags or '0')
  local forward = tonumber(ARGV[i + 1])
  local set, clear = bit.band(ARGV[i + 2], bit.bnot(flags)), bit.band(ARGV[i + 3], flags)
  if forward <= read then forward = 0 end
  if forward > 0 or set > 0 or clear > 0 then
    changed, read = 1, math.max(read, forward)
    flags = bit.bor(bit.band(flags, bit.bnot(clear)), set)
    if read == 0 and flags == 0 then
      redis.call('HDEL', k, name)
      redis.call('ZREM', kt, name)
    else
      redis.call('HSET', k, name, text(read) .. ' ' .. flags .. ' ' .. ARGV[3])
      redis.call('ZADD', kt, text(now()), name)
    end
    redis.call('SPUBLISH', base, table.concat({'marked', ARGV[1], ARGV[2], ARGV[3], text(forward), set, clear, name}, ' '))
    if redis.call('ZCARD', kt) > tonumber(ARGV[4]) then
      local oldest = redis.call('ZPOPMIN', kt)[1]
      redis.call('HDEL', k, oldest)
      redis.call('SPUBLISH', base, 'unmarked ' .. oldest)
    end
  end
end
return changed
