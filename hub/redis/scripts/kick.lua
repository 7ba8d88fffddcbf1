-- kick has every node end the connections of a user, and bans the user for some time.
--
-- KEYS[1]  :h of the user
-- ARGV[1]  how long, in ms; 0: not at all
--
-- Reply: how many connections there are.

local h = KEYS[1]
if ARGV[1] ~= '0' then
  local ttl = redis.call('PTTL', h)
  redis.call('HSET', h, 'b', text(now() + 1000 * ARGV[1]))
  if ttl ~= -1 then redis.call('PEXPIRE', h, math.max(ttl, tonumber(ARGV[1]))) end
end
redis.call('SPUBLISH', base, 'kick')
return tonumber(redis.call('HGET', h, 't') or '0')
