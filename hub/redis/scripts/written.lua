-- written notes up to which message a private conversation was written to a user.
--
-- KEYS[1]  :h of the conversation
-- ARGV[1]  the user
-- ARGV[2]  the seq
--
-- Reply: 1.

local w = 'w:' .. ARGV[1]
local at = redis.call('HMGET', KEYS[1], 'n', w)
if at[1] and tonumber(ARGV[2]) > tonumber(at[2] or '0') then redis.call('HSET', KEYS[1], w, ARGV[2]) end
return 1
