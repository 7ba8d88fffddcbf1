-- forget forgets a user who has been away for too long. The private conversations stay, as
-- they belong to their other users as well; see parting.go. A ban stays.
--
-- KEYS[1], KEYS[2], KEYS[3]  :h, :g and :p of the user
-- KEYS[4], KEYS[5]  :k and :kt, the marks
-- ARGV[1]  how long a user who is away stays known, in µs
-- ARGV[2]  1 to forget a user earlier who holds nothing, 2 one who holds something, too: who
--          is in a group or a private conversation
--
-- Reply: {1 if the user stays, groups that the user has to leave, private conversations}.
-- There is nothing to do for a user who is here, or not known.

local h, g, p = KEYS[1], KEYS[2], KEYS[3]
local seen = redis.call('HGET', h, 'seen')
if not seen or tonumber(redis.call('HGET', h, 't') or '0') > 0 then return {0, {}, {}} end
local early = ARGV[2] == '2' or ARGV[2] == '1' and redis.call('EXISTS', g, p) == 0
if not early and now() - seen < tonumber(ARGV[1]) then return {1, {}, {}} end
local groups = redis.call('SMEMBERS', g)
redis.call('DEL', g, KEYS[4], KEYS[5])
redis.call('HDEL', h, 'seen', 't')
local ban = tonumber(redis.call('HGET', h, 'b') or '0') - now()
redis.call('PEXPIRE', h, text(math.max(120000, ban / 1000)))
return {0, groups, redis.call('ZRANGE', p, 0, -1)}
