-- user tells what a node may have missed of a user while it was not subscribed.
--
-- KEYS[1]  the user
--
-- Reply: {connections with a smaller serial are replaced, private conversations, groups}.

return {redis.call('HGET', base .. ':h', 'r') or '0', redis.call('ZRANGE', base .. ':p', 0, -1),
  redis.call('SMEMBERS', base .. ':g')}
