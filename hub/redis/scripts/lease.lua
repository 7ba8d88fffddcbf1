-- lease renews the lease of a node, and begins the first epoch if there is none. With an
-- old epoch, it begins a new one unless another node has done so.
--
-- KEYS[1], KEYS[2]  the epoch and the leases
-- KEYS[3]  the servers that have the data of the epoch
-- ARGV[1]  the node
-- ARGV[2]  how long the lease lasts, in µs
-- ARGV[3]  the name of a new epoch
-- ARGV[4]  the old epoch; empty: it is to stay
--
-- Reply: {epoch, 1 if the node had a lease, time, nodes whose lease has run out,
-- all nodes}.

local epoch, lease, t = KEYS[1], KEYS[2], now()
local old = redis.call('GET', epoch)
if not old or ARGV[4] ~= '' and old == ARGV[4] then
  redis.call('SET', epoch, ARGV[3])
  redis.call('DEL', KEYS[3])
end
local had = redis.call('ZSCORE', lease, ARGV[1]) and 1 or 0
redis.call('ZADD', lease, text(t + ARGV[2]), ARGV[1])
return {redis.call('GET', epoch), had, text(t),
  redis.call('ZRANGEBYSCORE', lease, '-inf', text(t)), redis.call('ZRANGE', lease, 0, -1)}
