-- count sets how many connections of a user a node has. The first one and the last
-- one anywhere give the next login or exit its number.
--
-- KEYS[1]  the user
-- ARGV[1]  the node
-- ARGV[2]  how many
--
-- Reply: {connections at all nodes, number of the last login or exit, groups}.

local h, field = base .. ':h', '@' .. ARGV[1]
local before = tonumber(redis.call('HGET', h, 't') or '0')
local count = tonumber(ARGV[2])
local total = before - tonumber(redis.call('HGET', h, field) or '0') + count
if count == 0 then redis.call('HDEL', h, field) else redis.call('HSET', h, field, count) end
redis.call('HSET', h, 't', total)
if total == 0 and before > 0 then
  redis.call('HSET', h, 'seen', text(now()))
  redis.call('HINCRBY', h, 'gen', 1)
elseif total > 0 and before == 0 then
  redis.call('HINCRBY', h, 'gen', 1)
end
return {total, redis.call('HGET', h, 'gen') or '0', redis.call('SMEMBERS', base .. ':g')}
