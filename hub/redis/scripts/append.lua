-- append numbers a message, keeps it in the stream of its conversation, and
-- publishes it.
--
-- KEYS[1]  the conversation
-- ARGV[1]  the message, encoded
-- ARGV[2]  how many messages to keep at least; 0: all
-- ARGV[3]  trim whenever the seq is a multiple of this
-- ARGV[4]  deadline in µs of Redis' clock; 0: none
-- ARGV[5]  SENDER,ID to recognize a repeated send by; empty: none
-- ARGV[6]  since when the recipient is away; 0: the recipient is not
-- ARGV[7]  the user for whom the message waits; empty: nobody
-- ARGV[8]  how long it waits, in ms; 0: for ever
-- ARGV[9], ARGV[10]  how many messages its author may send the recipient since ARGV[6],
--          and how many bytes; there if the recipient is away
--
-- Reply: {seq, position, time}; for a repeated ID {seq, 0, 1 if the recipient was away}.
-- Nothing was done after an error. LATE: the deadline has passed; FULL: the recipient is
-- away, and the author has sent enough.

local t = now()
if ARGV[4] ~= '0' and t > tonumber(ARGV[4]) then return redis.error_reply('LATE it has been given up') end
local id = ARGV[5] ~= '' and base .. ':i:' .. ARGV[5]
if id then
  local first = redis.call('HMGET', id, 'n', 'a')
  if first[1] then return {first[1], 0, first[2]} end
end
local missed, count, bytes, first
if ARGV[6] ~= '0' then
  missed = base .. ':a:' .. ARGV[7]
  local since
  since, count, bytes, first = string.match(redis.call('GET', missed) or '', '^(%d+) (%d+) (%d+) (%d+)$')
  if since ~= ARGV[6] then count, bytes, first = 0, 0, nil end
  local _, head = string.find(ARGV[1], '^[^%z]*%z[^%z]*%z')
  count, bytes = count + 1, bytes + #ARGV[1] - head
  if count > tonumber(ARGV[9]) or bytes > tonumber(ARGV[10]) then
    return redis.error_reply('FULL the recipient is away, and has missed enough')
  end
end
local n = redis.call('HINCRBY', base .. ':h', 'n', 1)
redis.call('XADD', base .. ':s', n .. '-0', 'd', ARGV[1], 't', text(t))
if id then
  redis.call('HSET', id, 'n', n, 'a', missed and 1 or 0)
  redis.call('EXPIRE', id, 600)
end
if ARGV[7] ~= '' then
  local w = base .. ':w:' .. ARGV[7]
  redis.call('ZADD', w, n, n)
  if missed then
    redis.call('SET', missed, table.concat({ARGV[6], count, bytes, first or n}, ' '))
    if ARGV[8] ~= '0' then redis.call('PEXPIRE', missed, ARGV[8]) end
  end
  if ARGV[8] ~= '0' then redis.call('PEXPIRE', w, ARGV[8]) end
end
local keep = tonumber(ARGV[2])
if keep > 0 and n > keep and n % tonumber(ARGV[3]) == 0 then
  redis.call('XTRIM', base .. ':s', 'MINID', (n - keep + 1) .. '-0')
end
local p = tell('m', n .. ' ' .. text(t) .. ' ' .. ARGV[1])
return {n, p, text(t)}
