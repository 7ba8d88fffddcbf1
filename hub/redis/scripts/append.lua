-- append numbers a message, keeps it in the stream of its conversation, and
-- publishes it.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- KEYS[3]  the ids of its sender; there if the message has one
-- ARGV[1]  the message, encoded
-- ARGV[2]  how many messages to keep at least; 0: all
-- ARGV[3]  deadline in µs of Redis' clock; 0: none
-- ARGV[4]  the mark that the node knows; empty: none
-- ARGV[5]  the seq that it has been told of
-- ARGV[6]  the id
-- ARGV[7]  the recipient, if that is away, since ARGV[8]
-- ARGV[9], ARGV[10]  how many messages its author may send the recipient since then,
--          and how many bytes
--
-- Reply: {seq, time}; for a repeated id {seq, 0, 1 if the recipient was away}.
-- Nothing was done after an error. LATE: the deadline has passed; FULL: the recipient is
-- away, and the author has sent enough; LOST: what the node knows is not there.

local h, s, ids = KEYS[1], KEYS[2], KEYS[3]
if late(ARGV[3]) then return redis.error_reply('LATE it has been given up') end
local at = redis.call('HMGET', h, 'n', 'i')
local n = tonumber(at[1] or '0') + 1
if ARGV[4] ~= '' and (at[2] ~= ARGV[4] or n <= tonumber(ARGV[5])) then
  return redis.error_reply('LOST there are other data than the node knows')
end
if ids then
  local first = tonumber(redis.call('ZSCORE', ids, ARGV[6]) or '0')
  if first > 0 then return {math.floor(first), 0, first % 1 > 0 and 1 or 0} end
end
if ARGV[7] then
  local missed = redis.call('HGET', h, 'a:' .. ARGV[7])
  local since, count, bytes, first = string.match(missed or '', '^(%d+) (%d+) (%d+) (%d+)$')
  if since ~= ARGV[8] then count, bytes, first = 0, 0, n end
  local _, head = string.find(ARGV[1], '^[^%z]*%z[^%z]*%z')
  count, bytes = count + 1, bytes + #ARGV[1] - head
  if count > tonumber(ARGV[9]) or bytes > tonumber(ARGV[10]) then
    return redis.error_reply('FULL the recipient is away, and has missed enough')
  end
  redis.call('HSET', h, 'a:' .. ARGV[7], table.concat({ARGV[8], count, bytes, first}, ' '))
end
local t = text(now())
redis.call('HSET', h, 'n', n)
if n == 1 then redis.call('HSETNX', h, 'i', t) end
redis.call('XADD', s, n .. '-0', 'd', ARGV[1], 't', t)
if ids then
  redis.call('ZADD', ids, ARGV[7] and n + 0.5 or n, ARGV[6])
  redis.call('ZREMRANGEBYRANK', ids, 0, -1001)
  redis.call('EXPIRE', ids, 600)
end
local keep = tonumber(ARGV[2])
if keep > 0 and n > keep and n % math.max(1, math.floor(keep / 4)) == 0 then
  redis.call('XTRIM', s, 'MINID', (n - keep + 1) .. '-0')
end
redis.call('SPUBLISH', base, 'm ' .. n .. ' ' .. t .. ' ' .. ARGV[1])
return {n, t}
