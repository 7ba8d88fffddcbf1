-- sync tells where a conversation is, with its messages after a seq. It gives the
-- conversation a mark, which tells it from a later one by the same name.
--
-- KEYS[1]  the conversation
-- ARGV[1]  the seq; "-": no messages
-- ARGV[2]  how many messages at most
--
-- Reply: {seq, position, mark, messages as XRANGE has them}.

redis.call('HSETNX', base .. ':h', 'i', text(now()))
local h = redis.call('HMGET', base .. ':h', 'n', 'p', 'i')
local list = {}
if ARGV[1] ~= '-' then
  list = redis.call('XRANGE', base .. ':s', '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
end
return {h[1] or '0', h[2] or '0', h[3], list}
