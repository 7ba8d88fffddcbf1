-- send stands before the scripts that number a message, append and amend. They share
-- KEYS[1], KEYS[2] and ARGV[2] to ARGV[10], which append describes.

-- begin returns the number that the message gets. Without one, it is not to be kept, and
-- the reply is returned: an error, or the answer to a repeated id.
local function begin(h, ids)
  if late(ARGV[3]) then return nil, redis.error_reply('LATE it has been given up') end
  local at = redis.call('HMGET', h, 'n', 'i')
  local n = tonumber(at[1] or '0') + 1
  if ARGV[4] ~= '' and (at[2] ~= ARGV[4] or n <= tonumber(ARGV[5])) then
    return nil, redis.error_reply('LOST there are other data than the node knows')
  end
  if ids then
    local first = tonumber(redis.call('ZSCORE', ids, ARGV[6]) or '0')
    if first > 0 then return nil, {math.floor(first), 0, first % 1 > 0 and 1 or 0} end
  end
  return n
end

-- missed returns what a recipient has missed, or nothing: since when, how many texts, how many
-- bytes, and the first seq.
local function missed(h, to)
  return string.match(redis.call('HGET', h, 'a:' .. to) or '', '^(%d+) (%d+) (%d+) (%d+)$')
end

-- miss adds to the number of texts, and to the bytes, that the recipient ARGV[7], who is away,
-- has missed. Both may be negative. It returns an error if that is enough.
local function miss(h, n, more, size)
  local since, count, bytes, first = missed(h, ARGV[7])
  if since ~= ARGV[8] then count, bytes, first = 0, 0, n end
  count, bytes = count + more, math.max(bytes + size, 0)
  if count > tonumber(ARGV[9]) or bytes > tonumber(ARGV[10]) then
    return redis.error_reply('FULL the recipient is away, and has missed enough')
  end
  redis.call('HSET', h, 'a:' .. ARGV[7], table.concat({ARGV[8], count, bytes, first}, ' '))
end

-- keep puts a message into the stream, publishes it as it is sent, and returns its time, and
-- whether what amendments made of older ones is to be swept.
local function keep(h, s, ids, n, away, message, sent)
  local t = text(now())
  redis.call('HSET', h, 'n', n)
  if n == 1 then redis.call('HSETNX', h, 'i', t) end
  redis.call('XADD', s, n .. '-0', 'd', message, 't', t)
  if ids then
    redis.call('ZADD', ids, away and n + 0.5 or n, ARGV[6])
    redis.call('ZREMRANGEBYRANK', ids, 0, -1001)
    redis.call('EXPIRE', ids, 600)
  end
  local window, trimmed = tonumber(ARGV[2]), false
  if window > 0 and n > window and n % math.max(1, math.floor(window / 4)) == 0 then
    redis.call('XTRIM', s, 'MINID', (n - window + 1) .. '-0')
    redis.call('HSET', h, 'f', n - window + 1)
    trimmed = redis.call('HEXISTS', h, 'x') == 1
  end
  redis.call('SPUBLISH', base, 'm ' .. n .. ' ' .. t .. ' ' .. sent)
  return t, trimmed
end
