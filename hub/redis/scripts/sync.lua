-- sync tells where a conversation is, with its messages after a seq. It gives the
-- conversation a mark, which tells it from a later one by the same name. A new group that
-- nobody joins is forgotten after some time.
--
-- KEYS[1]  the conversation
-- ARGV[1]  the seq; "-": no messages
-- ARGV[2]  how many messages at most
-- ARGV[3]  1 for a group
--
-- Reply: {seq, position, mark, messages as XRANGE has them}.

if redis.call('HSETNX', base .. ':h', 'i', text(now())) == 1 and ARGV[3] == '1'
  and redis.call('EXISTS', base .. ':m') == 0 then
  redis.call('EXPIRE', base .. ':h', 600)
end
local h = redis.call('HMGET', base .. ':h', 'n', 'p', 'i')
local list = {}
if ARGV[1] ~= '-' then
  list = redis.call('XRANGE', base .. ':s', '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
end
return {h[1] or '0', h[2] or '0', h[3], list}
