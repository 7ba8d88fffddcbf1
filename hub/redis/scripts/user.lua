-- user tells what a node may have missed of a user while it was not subscribed.
--
-- KEYS[1], KEYS[2], KEYS[3]  :h, :g and :p of the user
-- ARGV[1]  how many private conversations to return
--
-- Reply: {connections with a smaller serial are replaced, groups, private conversations}.

return {redis.call('HGET', KEYS[1], 'r') or '0', redis.call('SMEMBERS', KEYS[2]),
  redis.call('ZREVRANGE', KEYS[3], 0, ARGV[1] - 1)}
