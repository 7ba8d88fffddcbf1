-- note enters a private conversation at the user to whom a message of it goes.
--
-- KEYS[1]  the recipient
-- ARGV[1]  the conversation
-- ARGV[2]  how long a user who is away stays known, in µs; 0: for ever
-- ARGV[3]  1 if the user must be known
--
-- Reply: 0 if the user is unknown, 1 if away, 2 if online.

local h, t = base .. ':h', now()
local online = tonumber(redis.call('HGET', h, 't') or '0') > 0
if ARGV[3] == '1' and not online then
  local seen = redis.call('HGET', h, 'seen')
  if not seen or ARGV[2] ~= '0' and t - seen >= tonumber(ARGV[2]) then return 0 end
end
if redis.call('ZADD', base .. ':p', text(t), ARGV[1]) == 1 then
  redis.call('SPUBLISH', base, 'pair ' .. ARGV[1])
end
return online and 2 or 1
