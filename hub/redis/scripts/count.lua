-- count sets how many connections of a user a node has. The first one and the last
-- one anywhere give the next login or exit its number.
--
-- KEYS[1], KEYS[2], KEYS[3]  :h, :g and :p of the user
-- ARGV[1]  the node
-- ARGV[2]  how many
-- ARGV[3]  deadline in µs of Redis' clock; 0: none
--
-- Reply: {connections at all nodes, number of the last login or exit, groups, 1 if the user
-- is in a private conversation}. An error, LATE, says that the deadline has passed: a later
-- count may be there.

if late(ARGV[3]) then return redis.error_reply('LATE it has been given up') end
local h, field = KEYS[1], '@' .. ARGV[1]
local before = tonumber(redis.call('HGET', h, 't') or '0')
local count = tonumber(ARGV[2])
local total = before - tonumber(redis.call('HGET', h, field) or '0') + count
if total == 0 and before == 0 and not redis.call('HGET', h, 'seen') then return {0, '0', {}, 0} end
if count == 0 then redis.call('HDEL', h, field) else redis.call('HSET', h, field, count) end
redis.call('HSET', h, 't', total)
if total == 0 and before > 0 then
  redis.call('HSET', h, 'seen', text(now()))
  turn(h, false)
elseif total > 0 and before == 0 then
  redis.call('PERSIST', h)
  turn(h, true)
end
return {total, redis.call('HGET', h, 'gen') or '0', redis.call('SMEMBERS', KEYS[2]),
  redis.call('EXISTS', KEYS[3])}
