-- joined has a user's nodes follow a group that the user has joined, unless the user has
-- left it meanwhile.
--
-- KEYS[1], KEYS[2]  :h and :g of the user
-- ARGV[1]  the group
-- ARGV[2]  the seq behind which the user is in it
--
-- Reply: {1 if the user is in it, number of the user's last login or exit}.

local is = redis.call('SISMEMBER', KEYS[2], ARGV[1])
if is == 1 then redis.call('SPUBLISH', base, 'joined ' .. ARGV[2] .. ' ' .. ARGV[1]) end
return {is, redis.call('HGET', KEYS[1], 'gen') or '0'}
