-- note enters a private conversation at the user to whom a message of it goes.
--
-- KEYS[1]  the recipient
-- ARGV[1]  the conversation
-- ARGV[2]  how long a user who is away stays known, in µs; 0: for ever
--
-- Reply: 0 if the user is unknown, 1 if online, else since when the user is away; less than
-- nothing, -1 say, if the conversation is new there.

local h, t = base .. ':h', now()
local online = tonumber(redis.call('HGET', h, 't') or '0') > 0
local seen
if not online then
  seen = redis.call('HGET', h, 'seen')
  if not seen or ARGV[2] ~= '0' and t - seen >= tonumber(ARGV[2]) then return 0 end
end
local reply = tonumber(seen or 1)
if redis.call('ZADD', base .. ':p', text(t), ARGV[1]) == 0 then return reply end
redis.call('SPUBLISH', base, 'pair ' .. ARGV[1])
return -reply
