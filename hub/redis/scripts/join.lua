-- join makes a user who is online a member of a group.
--
-- KEYS[1]  the group
-- ARGV[1]  the user
-- ARGV[2]  the number of the user's login
-- ARGV[3]  1 to publish the change
--
-- Reply: {1 if the user is a new member, position, seq}.

local new = redis.call('ZADD', base .. ':m', 0, ARGV[1])
redis.call('PERSIST', base .. ':h')
redis.call('PERSIST', base .. ':s')
local last = redis.call('GET', base .. ':x:' .. ARGV[1])
if not last or tonumber(last) <= tonumber(ARGV[2]) then
  redis.call('ZADD', base .. ':o', 0, ARGV[1])
end
local p
if new == 1 and ARGV[3] == '1' then p = tell('j', ARGV[1]) else p = position() end
return {new, p, redis.call('HGET', base .. ':h', 'n') or '0'}
