-- settled notes that nothing waits for a user in the private conversations that were noted
-- last at or before a time.
--
-- KEYS[1]  :h of the user
-- ARGV[1]  the time
-- ARGV[2]  the data that the node knows
--
-- Reply: 1.

local at = redis.call('HMGET', KEYS[1], 'serial', 'settled')
local data, settled = string.match(at[2] or '', '^(%S*) (%d+)$')
if at[1] and (data ~= ARGV[2] or tonumber(ARGV[1]) > tonumber(settled)) then
  redis.call('HSET', KEYS[1], 'settled', ARGV[2] .. ' ' .. ARGV[1])
end
return 1
