-- waiting tells which messages of a private conversation were not written to a user.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- ARGV[1]  the user
-- ARGV[2]  the seq after which to look
--
-- Reply: {the last seq of the conversation, the last one looked at, or 0 if there are no
-- more, {{seq, time, bytes}, ...}}.

local at = redis.call('HMGET', KEYS[1], 'n', 'w:' .. ARGV[1])
local after = math.max(tonumber(at[2] or '0'), tonumber(ARGV[2]))
local list, all = page('XRANGE', KEYS[2], '(' .. text(after) .. '-0', '+', 100)
local theirs, last = {}, '0'
for _, m in ipairs(list) do
  last = string.match(m[1], '^%d+')
  if string.match(m[2][2], '^[^%z]*%z([^%z]*)%z') == ARGV[1] then
    theirs[#theirs + 1] = {last, m[2][4], #m[2][2]}
  end
end
return {at[1] or '0', all == 1 and '0' or last, theirs}
