-- enroll enters a group at a user who is about to join it.
--
-- KEYS[1], KEYS[2]  :h and :g of the user
-- ARGV[1]  the group
-- ARGV[2]  how many groups a user may be in
-- ARGV[3], ARGV[4]  how many a user may have left behind within ARGV[4], in µs
--
-- Reply: 1 if the group is entered, 0 if there is no room for it, -1 if the user has left
-- too many behind.

local h, g, t = KEYS[1], KEYS[2], now()
if redis.call('SISMEMBER', g, ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', g) >= tonumber(ARGV[2]) then return 0 end
local left = redis.call('HMGET', h, 'l', 'ls')
local count, since = tonumber(left[1] or '0'), tonumber(left[2] or '0')
if count > 0 and since == 0 then
  redis.call('HSET', h, 'ls', text(t))
elseif count > 0 and t - since > tonumber(ARGV[4]) then
  redis.call('HDEL', h, 'l', 'ls')
  count = 0
end
if count >= tonumber(ARGV[3]) then return -1 end
redis.call('SADD', g, ARGV[1])
return 1
