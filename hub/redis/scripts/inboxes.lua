-- inboxes returns the private conversations of a user in which messages may wait.
--
-- KEYS[1], KEYS[2]  :h and :p of the user
-- ARGV[1]  a time; those written to last before it do not count
-- ARGV[2]  how many to return, the newest
--
-- Reply: {now, {conversation, when it was written to last, ...}}.

local from = math.max(tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'w') or '0'))
return {text(now()), redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', '(' .. text(from), 'WITHSCORES', 'LIMIT', 0, ARGV[2])}
