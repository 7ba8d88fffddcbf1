-- join makes a user a member of a group. The topic of one whose history has gone meanwhile
-- goes, too; that is published, as nodes may have been told of the topic by sync.
--
-- KEYS[1], KEYS[2], KEYS[3], KEYS[4]  :h, :s, :m and :o of the group; then :x and :l if there
--          were amendments
-- ARGV[1]  the user
-- ARGV[2]  the number of the user's last login or exit
--
-- Reply: the seq behind which the user is a member. AMENDED says that keys are missing.

local x, l, missing = amended()
if missing then return missing end
local n = redis.call('HGET', KEYS[1], 'n')
if n and redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 and redis.call('HDEL', KEYS[1], 'topic') == 1 then
  redis.call('SPUBLISH', base, 't ' .. ARGV[1] .. ' ')
end
local new = redis.call('HSETNX', KEYS[3], ARGV[1], ARGV[2])
redis.call('HSETNX', KEYS[1], 'i', text(now()))
for _, key in ipairs({KEYS[1], KEYS[2], x, l}) do redis.call('PERSIST', key) end
if new == 1 then
  if ARGV[2] % 2 == 1 then redis.call('ZADD', KEYS[4], 0, ARGV[1]) end
  redis.call('SPUBLISH', base, 'j ' .. ARGV[2] .. ' ' .. ARGV[1])
end
return n or '0'
