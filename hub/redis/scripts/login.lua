-- login counts a new connection of a user at a node.
--
-- KEYS[1], KEYS[2], KEYS[3]  :h, :g and :p of the user
-- ARGV[1]  the node
-- ARGV[2]  connections of the user there, the new one included
-- ARGV[3]  how long a user who is away stays known, in µs; 0: for ever
-- ARGV[4]  1 if the name must be unknown
-- ARGV[5]  1 if the connection replaces all others
-- ARGV[6]  deadline in µs of Redis' clock; 0: none
-- ARGV[7]  how many private conversations to return
--
-- Reply: {serial of the connection, number of the login, 1 if the user was not known, 2 if what
-- was known of the user has been forgotten, groups, private conversations, the newest first}.
-- The serial is 0 if there was no login; the number is 1 then if the user is banned, or else the
-- name is taken. An error, LATE, says that the deadline has passed.

if late(ARGV[6]) then return redis.error_reply('LATE it has been given up') end
local h, g = KEYS[1], KEYS[2]
local total = tonumber(redis.call('HGET', h, 't') or '0')
local seen = redis.call('HGET', h, 'seen')
local known = total > 0 or seen and (ARGV[3] == '0' or now() - seen < tonumber(ARGV[3]))
local banned = tonumber(redis.call('HGET', h, 'b') or '0') > now()
local taken = ARGV[4] == '1' and (known or banned)
if taken or banned then return {0, taken and 0 or 1, 0, {}, {}} end
redis.call('PERSIST', h)
local field, count = '@' .. ARGV[1], tonumber(ARGV[2])
local serial = redis.call('HINCRBY', h, 'serial', 1)
local after
if ARGV[5] == '1' then
  for _, name in ipairs(redis.call('HKEYS', h)) do
    if string.sub(name, 1, 1) == '@' then redis.call('HDEL', h, name) end
  end
  count, after = 1, 1
  redis.call('HSET', h, 'r', serial)
  redis.call('SPUBLISH', base, 'replace ' .. serial)
else
  after = total - tonumber(redis.call('HGET', h, field) or '0') + count
end
redis.call('HSET', h, field, count, 't', after)
if total == 0 then turn(h, true) end
local groups = redis.call('SMEMBERS', g)
if not known then redis.call('DEL', g) end
return {serial, redis.call('HGET', h, 'gen'), known and 0 or seen and 2 or 1, groups,
  redis.call('ZREVRANGE', KEYS[3], 0, ARGV[7] - 1)}
