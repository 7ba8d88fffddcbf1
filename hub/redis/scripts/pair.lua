-- pair enters a private conversation at the sender of its message, as note does at
-- the recipient.
--
-- KEYS[1]  the sender
-- ARGV[1]  the conversation
--
-- Reply: 1 if it is new there, else 0.

local new = redis.call('ZADD', base .. ':p', 'NX', 0, ARGV[1])
if new == 1 then redis.call('SPUBLISH', base, 'pair ' .. ARGV[1]) end
return new
