-- presence enters a login or exit into {c:all} or a group, unless a later one of the same
-- user is there.
--
-- KEYS[1], KEYS[2]  :m and :o of the conversation
-- ARGV[1]  the user
-- ARGV[2]  the number of the login (odd) or exit (even)
-- ARGV[3]  1 to publish the change
-- ARGV[4]  1 for a group, whose members alone can be online in it
-- ARGV[5]  deadline in µs of Redis' clock; 0: none
--
-- Reply: 1 if the user is in it, 0 if not. An error, LATE, says that the deadline has passed.

if late(ARGV[5]) then return redis.error_reply('LATE it has been given up') end
local m, o, user, number = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
local old = tonumber(redis.call('HGET', m, user) or '0')
if ARGV[4] == '1' and old == 0 then return 0 end
if number < old then return 1 end
local online = number % 2 == 1
if online or ARGV[4] == '1' then redis.call('HSET', m, user, ARGV[2]) else redis.call('HDEL', m, user) end
local changed
if online then changed = redis.call('ZADD', o, 0, user) else changed = redis.call('ZREM', o, user) end
if changed == 1 and ARGV[3] == '1' then
  redis.call('SPUBLISH', base, (online and '+ ' or '- ') .. ARGV[2] .. ' ' .. user)
end
return 1
