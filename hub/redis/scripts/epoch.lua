-- epoch begins a new epoch, unless another node has done so.
--
-- KEYS[1]  the nodes
-- ARGV[1]  the old epoch
-- ARGV[2]  the new one
--
-- Reply: 1.

if redis.call('GET', base .. ':epoch') == ARGV[1] then redis.call('SET', base .. ':epoch', ARGV[2]) end
return 1
