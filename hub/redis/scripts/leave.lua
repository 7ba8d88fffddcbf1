-- leave ends a membership, and publishes that. The messages of a group that nobody is in
-- any more are forgotten after some time. Its number is forgotten after ten times as long,
-- but not before ten minutes, and then if there never was a message.
--
-- KEYS[1]  the group
-- ARGV[1]  the user
-- ARGV[2]  how long the messages stay, in ms; 0: for ever
--
-- Reply: {1 if the user was a member, position, seq, members left}.

local old = redis.call('ZREM', base .. ':m', ARGV[1])
redis.call('ZREM', base .. ':o', ARGV[1])
local p
if old == 1 then p = tell('l', ARGV[1]) else p = position() end
local n, members = redis.call('HGET', base .. ':h', 'n') or '0', redis.call('ZCARD', base .. ':m')
if members == 0 and ARGV[2] ~= '0' then
  redis.call('PEXPIRE', base .. ':s', ARGV[2])
  redis.call('PEXPIRE', base .. ':h', n == '0' and 600000 or text(math.max(600000, 10 * ARGV[2])))
end
return {old, p, n, members}
