-- kept stands before the scripts that look at what a conversation keeps. Most of it is in
-- the stream, :s. Where there were amendments, KEYS[1] (:h) has the field x, and the last
-- two of KEYS are
--
-- :x  hash, with fields for message N:
--       pN  what its amendments add up to: LAST EDITED DELETED TALLIES, separated by
--           blanks. The seq of the newest one; when it was edited last, or 0; 1 if it is
--           deleted; and for each of the first 200 texts that are reactions, the earliest
--           first: 2, how many there are, a blank, the text, and of the first 30 of them each
--           1, the seq, a blank, and the user. In a text, the bytes 0, 1, 2 and % are written
--           as %00, %01, %02 and %25. In older data the tallies are the reactions: 0, user, 1,
--           text; the next one makes them anew
--       rN:U  the reaction of user U
--       eN  the text of its last edit
--       mN  its time, a blank, and the message: it is not in the stream any more. It is
--           deleted, or was close to one that is; see amend.lua
-- :l  sorted set: pN by LAST, mN by N, rN:U by its own seq. What is below the first seq that
--     is kept goes.

-- amended returns :x and :l if there were amendments, or an error if they are none of KEYS.
-- In a cluster, they must not be where there were none: while a slot moves, a script of which
-- a key is missing has to wait.
local function amended()
  if not redis.call('HGET', KEYS[1], 'x') then return end
  if string.sub(KEYS[#KEYS], -2) ~= ':l' then
    return nil, nil, redis.error_reply('AMENDED the keys of that are needed')
  end
  return KEYS[#KEYS - 1], KEYS[#KEYS]
end

local function seqOf(m) return tonumber(string.match(m[1], '^%d+')) end

-- first returns the first seq that is kept, or nothing. The stream has the last one always.
local function first(h, s, x)
  local m = redis.call('XRANGE', s, '-', '+', 'COUNT', 1)[1]
  if not m then return end
  local seq = seqOf(m)
  if not x or redis.call('HEXISTS', x, 'm' .. seq - 1) == 0 then return seq end
  return math.min(seq, tonumber(redis.call('HGET', h, 'f') or '1'))
end

-- walk returns a function that returns one kept message after the other, as XRANGE has
-- them, its seq, and whether it is in the stream: from one seq to another by steps of 1 or -1.
-- It reads more and more of them at once, up to most: 1 if large ones are to be returned.
local function walk(s, x, from, to, step, most)
  local command = step == 1 and 'XRANGE' or 'XREVRANGE'
  local ahead, i, many = {}, 1, 1
  return function()
    while (to - from) * step >= 0 do
      if ahead and not ahead[i] then
        ahead, i = redis.call(command, s, text(from) .. '-0', text(to) .. '-0', 'COUNT', many), 1
        if #ahead == 0 then ahead = nil end
        many = math.min(2 * many, most)
      end
      local seq, m = from, ahead and ahead[i]
      if m and seqOf(m) == seq then
        i, from = i + 1, seq + step
        return m, seq, true
      end
      local moved = x and redis.call('HGET', x, 'm' .. text(seq))
      if moved then
        local _, blank = string.find(moved, ' ', 1, true)
        from = seq + step
        return {seq .. '-0', {'d', string.sub(moved, blank + 1), 't', string.sub(moved, 1, blank - 1)}}, seq
      end
      if not m then return end
      from = seqOf(m)
    end
  end
end

-- plain returns a text that is written with % in pN.
local function plain(text)
  return (string.gsub(text, '%%(%x%x)', function(hex) return string.char(tonumber(hex, 16)) end))
end

-- show adds to a message what has become of it, or if it is an edit, of the one that it is
-- about, and to a reaction that of its sender. It returns how many bytes that is.
local function show(x, m, seq)
  local kind, from, about = string.match(m[2][2], '^([ef])([^%z]*)%z[^%z]*%z(%d+) ')
  local p = redis.call('HGET', x, 'p' .. (about or seq))
  if not p then return 0 end
  local e = ''
  if kind == 'f' then
    local head, deleted, old = string.match(p, '^(%d+ %d+ (%d) )(.*)')
    p, e = head, deleted == '0' and redis.call('HGET', x, 'r' .. about .. ':' .. from) or ''
    local _, stop = string.find(old, '\0' .. from .. '\1', 1, true)
    if stop then e = plain(string.sub(old, stop + 1, (string.find(old, '%z', stop + 1) or 0) - 1)) end
  else
    e = redis.call('HGET', x, 'e' .. (about or seq)) or ''
  end
  m[2] = {m[2][1], m[2][2], m[2][3], m[2][4], 'p', p, 'e', e}
  return #p + #e
end

-- page reads messages one by one, up to a number of them or 1 MiB, but one at least, and
-- reports whether it came to the end.
local function page(s, x, from, to, step, count)
  local list, bytes, get = {}, 0, walk(s, x, from, to, step, 1)
  while #list < count and bytes < 1048576 do
    local m, seq = get()
    if not m then return list, 1 end
    list[#list + 1], bytes = m, bytes + #m[2][2] + (x and show(x, m, seq) or 0)
  end
  return list, 0
end

-- sweep drops what is below the first seq that is kept, a number at most, and returns how many.
local function sweep(x, l, below, count)
  local old = redis.call('ZRANGEBYSCORE', l, '-inf', '(' .. text(below), 'LIMIT', 0, count)
  if #old == 0 then return 0 end
  local fields = {}
  for i, field in ipairs(old) do
    fields[2 * i - 1], fields[2 * i] = field, string.gsub(field, '^p', 'e')
  end
  redis.call('HDEL', x, unpack(fields))
  redis.call('ZREM', l, unpack(old))
  return #old
end
