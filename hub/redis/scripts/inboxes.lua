-- inboxes returns the private conversations of a user in which messages may wait.
--
-- KEYS[1], KEYS[2]  :h and :p of the user
-- ARGV[1]  a time; those noted last at or before it do not count
-- ARGV[2]  how many to return, the newest
-- ARGV[3]  the data that the node knows; what was settled in others does not count
--
-- Reply: {now, {conversation, when it was noted last, ...}}.

local data, settled = string.match(redis.call('HGET', KEYS[1], 'settled') or '', '^(%S*) (%d+)$')
if data ~= ARGV[3] then settled = '0' end
local from = math.max(tonumber(ARGV[1]), tonumber(settled))
return {text(now()), redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', '(' .. text(from), 'WITHSCORES', 'LIMIT', 0, ARGV[2])}
