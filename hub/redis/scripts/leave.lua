-- leave ends a membership, and publishes that.
--
-- KEYS[1]  the group
-- ARGV[1]  the user
--
-- Reply: {1 if the user was a member, position, seq, members left}.

local old = redis.call('ZREM', base .. ':m', ARGV[1])
redis.call('ZREM', base .. ':o', ARGV[1])
local p
if old == 1 then p = tell('l', ARGV[1]) else p = position() end
return {old, p, redis.call('HGET', base .. ':h', 'n') or '0', redis.call('ZCARD', base .. ':m')}
