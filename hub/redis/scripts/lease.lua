-- lease renews the lease of a node, and begins the first epoch if there is none.
--
-- KEYS[1]  the nodes
-- ARGV[1]  the node
-- ARGV[2]  how long the lease lasts, in µs
-- ARGV[3]  the name of a new epoch
--
-- Reply: {epoch, 1 if the node had a lease, time, nodes whose lease has run out,
-- how many nodes there are, those included}.

local t, lease = now(), base .. ':lease'
redis.call('SET', base .. ':epoch', ARGV[3], 'NX')
local had = redis.call('ZSCORE', lease, ARGV[1]) and 1 or 0
redis.call('ZADD', lease, text(t + ARGV[2]), ARGV[1])
return {redis.call('GET', base .. ':epoch'), had, text(t),
  redis.call('ZRANGEBYSCORE', lease, '-inf', text(t)), redis.call('ZCARD', lease)}
