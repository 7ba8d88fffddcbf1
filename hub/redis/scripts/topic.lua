-- topic sets the topic of a group, and publishes that. It is kept as the user who set it, a
-- blank, and the text; without a text there is none.
--
-- KEYS[1]  :h of the group
-- ARGV[1]  the user
-- ARGV[2]  the text
-- ARGV[3]  deadline in µs of Redis' clock; 0: none
--
-- Reply: 1. An error, LATE, says that the deadline has passed.

if late(ARGV[3]) then return redis.error_reply('LATE it has been given up') end
local topic = ARGV[1] .. ' ' .. ARGV[2]
redis.call('HSET', KEYS[1], 'topic', topic)
redis.call('SPUBLISH', base, 't ' .. topic)
return 1
