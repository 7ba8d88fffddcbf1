-- forgotten takes a user off the list of those to be forgotten, unless the user has
-- been here since and is due later.
--
-- KEYS[1]  the list, scored by when each is due
-- ARGV[1]  the user
-- ARGV[2]  the time up to which users are due, in ms
--
-- Reply: 1.

local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if at and tonumber(at) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
