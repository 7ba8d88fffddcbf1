-- join makes a user a member of a group.
--
-- KEYS[1], KEYS[2], KEYS[3], KEYS[4]  :h, :s, :m and :o of the group
-- ARGV[1]  the user
-- ARGV[2]  the number of the user's last login or exit
--
-- Reply: the seq behind which the user is a member.

local new = redis.call('HSETNX', KEYS[3], ARGV[1], ARGV[2])
redis.call('HSETNX', KEYS[1], 'i', text(now()))
redis.call('PERSIST', KEYS[1])
redis.call('PERSIST', KEYS[2])
if new == 1 then
  if ARGV[2] % 2 == 1 then redis.call('ZADD', KEYS[4], 0, ARGV[1]) end
  redis.call('SPUBLISH', base, 'j ' .. ARGV[2] .. ' ' .. ARGV[1])
end
return redis.call('HGET', KEYS[1], 'n') or '0'
