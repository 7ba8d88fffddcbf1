-- who lists who is online in a group, or anywhere with {c:all}.
--
-- KEYS[1]  the conversation
-- ARGV[1]  how many names at most
--
-- Reply: {position, count, names in order}.

return {position(), redis.call('ZCARD', base .. ':o'), redis.call('ZRANGE', base .. ':o', 0, ARGV[1] - 1)}
