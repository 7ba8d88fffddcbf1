-- sync tells where a conversation is, with its messages after a seq, and who is in it. It
-- gives the conversation a mark, which tells it from a later one by the same name. A new
-- group that nobody joins is forgotten after some time.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- KEYS[3]  :m, if it is to be told who is in it; at the end :x and :l if there were
--          amendments
-- ARGV[1]  the seq; "-": no messages; with a t before it, a time of
--          Redis' clock: messages since then, 1,000 at most
-- ARGV[2]  1 for a group
-- ARGV[3]  1 to tell who is in it in any case
--
-- Reply: {seq, mark, topic of a group and who set it (see topic.lua), 1 if messages are kept,
-- 1 if these are all, messages as history has them, names and numbers, author of the last
-- message, the seq since which that one has said all}; names are told with the last messages,
-- and the author without a seq, as far as a few messages tell. AMENDED says that keys are
-- missing.

local h, s = KEYS[1], KEYS[2]
local m = KEYS[3] and string.sub(KEYS[3], -2) == ':m' and KEYS[3]
local x, _, missing = amended()
if missing then return missing end
if redis.call('HSETNX', h, 'i', text(now())) == 1 and ARGV[2] == '1' and redis.call('EXISTS', m or s) == 0 then
  redis.call('EXPIRE', h, 600)
end
local at = redis.call('HMGET', h, 'n', 'i', 'topic')
local list, all, after, last = {}, 1, ARGV[1], tonumber(at[1] or '0')
local low = first(h, s, x)
local time = tonumber(string.match(after, '^t(%d+)'))
if time then
  after = last
  local get = walk(s, x, last, low or last + 1, -1, 1)
  for _ = 1, 1000 do
    local e, seq = get()
    if not e or tonumber(e[2][4]) < time then break end
    after = seq - 1
  end
end
local author, since
if low and not tonumber(ARGV[1]) then
  local get, bytes = walk(s, x, last, low, -1, 1), 0
  for _ = 1, 128 do
    local e, seq = get()
    local from = e and bytes < 65536 and string.match(e[2][2], '^.([^%z]*)%z')
    if not from or author and from ~= author then break end
    author, since, bytes = from, seq, bytes + #e[2][2]
  end
end
if after ~= '-' and low then list, all = page(s, x, math.max(after + 1, low), last, 1, 100) end
return {at[1] or '0', at[2], at[3] or '', low and 1 or 0, all, list,
  m and (all == 1 or ARGV[3] == '1') and redis.call('HGETALL', m) or {}, author or '', since or 0}
