-- sync tells where a conversation is, with its messages after a seq, and who is in it. It
-- gives the conversation a mark, which tells it from a later one by the same name. A new
-- group that nobody joins is forgotten after some time.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- KEYS[3]  :m, if it is to be told who is in it
-- ARGV[1]  the seq; "-": no messages; with a t before it, a time of
--          Redis' clock: messages since then, 1,000 at most
-- ARGV[2]  1 for a group
-- ARGV[3]  1 to tell who is in it in any case
--
-- Reply: {seq, mark, messages that there are, 1 if these are all, messages as XRANGE has
-- them, names and numbers}; the last is told with the last messages.

local h, s, m = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HSETNX', h, 'i', text(now())) == 1 and ARGV[2] == '1' and redis.call('EXISTS', m) == 0 then
  redis.call('EXPIRE', h, 600)
end
local at = redis.call('HMGET', h, 'n', 'i')
local list, all, after = {}, 1, ARGV[1]
local time = tonumber(string.match(after, '^t(%d+)'))
if time then
  after = at[1] or '0'
  for _ = 1, 1000 do
    local e = redis.call('XREVRANGE', s, after .. '-0', '-', 'COUNT', 1)[1]
    if not e or tonumber(e[2][4]) < time then break end
    after = text(string.match(e[1], '^%d+') - 1)
  end
end
if after ~= '-' then list, all = page('XRANGE', s, '(' .. after .. '-0', '+', 100) end
return {at[1] or '0', at[2], redis.call('XLEN', s), all, list,
  m and (all == 1 or ARGV[3] == '1') and redis.call('HGETALL', m) or {}}
