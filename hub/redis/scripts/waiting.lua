-- waiting returns messages of a conversation that wait for a user. Those that the
-- stream no longer has stop waiting.
--
-- KEYS[1]  the conversation
-- ARGV[1]  the user
-- ARGV[2]  the seq after which to look
-- ARGV[3]  how many messages at most
--
-- Reply: {position, the last seq looked at or 0, messages as XRANGE has them}.

local w = base .. ':w:' .. ARGV[1]
local seqs = redis.call('ZRANGEBYSCORE', w, '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
local list = {}
for _, seq in ipairs(seqs) do
  local m = redis.call('XRANGE', base .. ':s', seq .. '-0', seq .. '-0')
  if m[1] then list[#list + 1] = m[1] else redis.call('ZREM', w, seq) end
end
return {position(), seqs[#seqs] or '0', list}
