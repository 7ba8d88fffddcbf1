-- who lists who is online in a group, or anywhere with {c:all}.
--
-- KEYS[1]  :o of the conversation
-- ARGV[1]  how many names at most
--
-- Reply: {count, names in order}.

return {redis.call('ZCARD', KEYS[1]), redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)}
