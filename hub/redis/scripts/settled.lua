-- settled notes that nothing waits for a user in the private conversations that were written
-- to last up to a time.
--
-- KEYS[1]  :h of the user
-- ARGV[1]  the time
--
-- Reply: 1.

local w = redis.call('HMGET', KEYS[1], 'serial', 'w')
if w[1] and tonumber(ARGV[1]) > tonumber(w[2] or '0') then redis.call('HSET', KEYS[1], 'w', ARGV[1]) end
return 1
