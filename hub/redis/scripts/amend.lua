-- amend numbers a reply, an edit, a deletion or a reaction, notes what it makes of the
-- message that it is about, keeps it, and publishes it. See send.lua and kept.lua.
--
-- The stream does not have the texts of edits and reactions: what reads as one text only is
-- there once, and gone when that is deleted. What is deleted from a stream stays in memory
-- until the whole piece of the stream has gone, which has at most 4,096 bytes or one
-- message, and 100 messages (see README.md). So whatever may be in a piece with a message
-- that is deleted is moved to :x.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- KEYS[3]  the ids of its sender; there if the message has one; at the end :x and :l
-- ARGV[1]  its text; ARGV[2] to ARGV[6] are those of append
-- ARGV[7]  the recipient, if that is away and the text waits, since ARGV[8]; empty: none
-- ARGV[9], ARGV[10]  see append
-- ARGV[11]  its kind: r, e, d, f; R for a binary reply, q for one with a file, which is
--          before its text
-- ARGV[12], ARGV[13]  its sender, and whom it is for, or nothing if that is the conversation
-- ARGV[14]  the seq of the message that it is about
-- ARGV[15]  1 if its sender is a moderator
-- ARGV[16]  1 if the recipient is away
--
-- Reply: {seq, time, whom it is for, the reaction that it takes the place of or the file that is
-- deleted, author of the message that it is about, bytes of texts that are gone}; {0} if it
-- changes nothing; for a repeated id and errors see append. NOTFOUND, NOTYOURS, BADFIELD: see
-- chat.Present.Allows.

-- coded writes the text of a reaction as in pN.
local function coded(text)
  return (string.gsub(text, '[%z\1\2%%]', function(c) return string.format('%%%02x', string.byte(c)) end))
end

-- react notes that user U feels something else about message N, or nothing, and returns the
-- tallies. It is number n; see kept.lua.
local function react(x, l, N, tallies, n, U, was, body)
  local field, list, at = 'r' .. N .. ':' .. U, {}, {}
  for count, text, names in string.gmatch(tallies, '\2(%d+) ([^\1\2]*)([^\2]*)') do
    list[#list + 1] = {count = tonumber(count), text = text, names = names}
    at[text] = list[#list]
  end
  local left, new = at[coded(was)], coded(body)
  if was ~= '' and left then
    left.count = left.count - 1
    for seq, user in string.gmatch(left.names, '\1(%d+) ([^\1]*)') do
      if user == U then
        local start, stop = string.find(left.names .. '\1', '\1' .. seq .. ' ' .. user .. '\1', 1, true)
        left.names = string.sub(left.names, 1, start - 1) .. string.sub(left.names, stop)
      end
    end
  end
  if body == '' then
    redis.call('HDEL', x, field)
    redis.call('ZREM', l, field)
  else
    redis.call('HSET', x, field, body)
    redis.call('ZADD', l, math.max(n, N), field)
    if not at[new] and #list < 200 then
      list[#list + 1] = {count = 0, text = new, names = ''}
      at[new] = list[#list]
    end
    local t = at[new]
    if t then
      local _, named = string.gsub(t.names, '\1', '')
      t.count = t.count + 1
      if named < 30 then t.names = t.names .. '\1' .. n .. ' ' .. U end
    end
  end
  table.sort(list, function(a, b)
    return tonumber(string.match(a.names, '%d+') or n) < tonumber(string.match(b.names, '%d+') or n)
  end)
  local parts = {}
  for _, t in ipairs(list) do
    if t.count > 0 then parts[#parts + 1] = '\2' .. t.count .. ' ' .. t.text .. t.names end
  end
  return table.concat(parts)
end

-- renew makes tallies of older data.
local function renew(x, l, N, old)
  local tallies, i = '', 0
  for user, text in string.gmatch(old, '%z([^\1]*)\1([^%z]*)') do
    i = i + 1
    tallies = react(x, l, N, tallies, i, user, '', plain(text))
  end
  return tallies
end

local h, s, x, l = KEYS[1], KEYS[2], KEYS[#KEYS - 1], KEYS[#KEYS]
local ids = #KEYS == 5 and KEYS[3] or nil
local body, kind, from, to, about = ARGV[1], ARGV[11], ARGV[12], ARGV[13], tonumber(ARGV[14])
local n, reply = begin(h, ids)
if not n then return reply end

local had = redis.call('HGET', h, 'x') and x
local low = first(h, s, had)
local message = low and about >= low and about < n and walk(s, had, about, about, 1, 1)()
if not message then return redis.error_reply('NOTFOUND there is no such message') end
local data, at = message[2][2], message[2][4]
local flag, author, whom = string.match(data, '^(.)([^%z]*)%z([^%z]*)%z')
local p = had and redis.call('HGET', x, 'p' .. about) or '0 0 0 '
local _, _, edited, deleted, tallies = string.find(p, '^%d+ (%d+) (%d) (.*)$')
local own = author == from
if string.find('edf', flag, 1, true) or deleted == '1' then
  return redis.error_reply('NOTFOUND it cannot be changed')
elseif kind == 'e' and not own or kind == 'd' and not own and from ~= '' and (ARGV[15] ~= '1' or whom ~= '') then
  return redis.error_reply('NOTYOURS it is of somebody else')
elseif kind == 'e' and (flag == 'b' or flag == 'R') then
  return redis.error_reply('BADFIELD it has no text')
end

local was = ''
if kind == 'f' then
  if string.find(tallies, '^%z') then tallies = renew(x, l, about, tallies) end
  was = had and redis.call('HGET', x, 'r' .. about .. ':' .. from) or ''
  if was == body then return {0} end
end
local _, head = string.find(data, string.find('rRq', flag, 1, true) and '^[^%z]*%z[^%z]*%z%d+ %d+ ' or '^[^%z]*%z[^%z]*%z')
local size, newest = #data - head, math.max(tonumber(at), tonumber(edited)) -- of the text as it reads
if edited ~= '0' then size = redis.call('HSTRLEN', x, 'e' .. about) end
if ARGV[7] ~= '' then
  local again = kind == 'e' and newest >= tonumber(ARGV[8]) -- in the place of what was missed
  local full = miss(h, n, again and 0 or 1, #body - (again and size or 0))
  if full then return full end
elseif kind == 'd' and whom ~= '' then
  local since, count, bytes, start = missed(h, whom)
  if since and newest >= tonumber(since) then
    redis.call('HSET', h, 'a:' .. whom, table.concat({since, math.max(count - 1, 0), math.max(bytes - size, 0), start}, ' '))
  end
end

-- wipe takes the message out of the stream, and what may be in a piece with it.
local function wipe(head)
  local gone, moved, places = {}, {}, {}
  local function move(m, seq, data)
    gone[#gone + 1] = m[1]
    moved[#moved + 1], moved[#moved + 2] = 'm' .. seq, m[2][4] .. ' ' .. data
    places[#places + 1], places[#places + 2] = seq, 'm' .. seq
  end
  move(message, about, string.sub(data, 1, head))
  for step = -1, 1, 2 do
    local get, size = walk(s, had, about + step, step == 1 and n - 1 or low, step, 16), #data
    for _ = 1, 99 do
      local m, seq, inside = get()
      size = size + (m and #m[2][2] or 0) + 18
      if not m or size >= 4096 then break end
      if inside then move(m, seq, m[2][2]) end
    end
  end
  redis.call('XDEL', s, unpack(gone))
  redis.call('HSET', x, unpack(moved))
  redis.call('ZADD', l, unpack(places))
  redis.call('HSET', h, 'f', low)
end

local answers = string.find('rRq', kind, 1, true)
if not had and not answers then
  redis.call('DEL', x, l) -- of an earlier conversation by that name
  redis.call('HSET', h, 'x', 1)
end
local freed, file = 0, nil
if kind == 'd' then
  freed = #data - head
  if flag == 'p' or flag == 'q' then
    local size, start = string.match(data, '^(%d+) ()', head + 1)
    file = string.sub(data, start, start + size - 1)
  end
  wipe(head)
  if from == '' then to = whom end
end
local start = kind .. from .. '\0' .. to .. '\0' .. about .. ' ' .. #was .. ' ' .. was
local t = keep(h, s, ids, n, ARGV[16] == '1', answers and start .. body or start, start .. body)
if not answers then
  if kind ~= 'f' then freed = freed + redis.call('HSTRLEN', x, 'e' .. about) end
  if kind == 'e' then
    edited = t
    redis.call('HSET', x, 'e' .. about, body)
  elseif kind == 'f' then
    tallies = react(x, l, about, tallies, n, from, was, body)
  elseif kind == 'd' then
    edited, deleted, tallies = '0', '1', ''
    redis.call('HDEL', x, 'e' .. about)
  end
  redis.call('HSET', x, 'p' .. about, n .. ' ' .. edited .. ' ' .. deleted .. ' ' .. tallies)
  redis.call('ZADD', l, n, 'p' .. about)
  local ends = redis.call('PTTL', s)
  if ends > 0 then -- nobody is in it any more
    redis.call('PEXPIRE', x, text(ends))
    redis.call('PEXPIRE', l, text(ends))
  end
  sweep(x, l, first(h, s, x), 400)
end
return {n, t, to, file or was, author, freed}
