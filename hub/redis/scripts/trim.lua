#!lua flags=allow-oom
-- trim drops the oldest messages of a conversation, or only says whose it has. When
-- nothing is left, only its number is, and that is published.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- ARGV[1]  how many bytes to drop, and not many more; 0: only say
-- ARGV[2]  how many messages to look at, at most
-- ARGV[3]  bytes that each message takes beside what is in it
-- ARGV[4]  the seq from which on all messages stay; 0: none has to
--
-- Reply: {the last seq, messages left, messages dropped, author, bytes dropped, author, bytes dropped, …};
-- if it only says, the bytes are roughly what the author has in all.

local s, most, stay = KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[4])
local bytes, looked, total, last, after = {}, 0, 0, nil, '-'
while looked < tonumber(ARGV[2]) and (most == 0 or total < most) do
  local m = redis.call('XRANGE', s, after, '+', 'COUNT', 1)[1]
  local seq = m and tonumber(string.match(m[1], '^%d+'))
  if not m or stay > 0 and seq >= stay then break end
  local author, size = string.match(m[2][2], '^.([^%z]*)%z'), #m[2][2] + ARGV[3]
  if author then bytes[author] = (bytes[author] or 0) + size end
  looked, total, last, after = looked + 1, total + size, seq, '(' .. m[1]
end
local left = redis.call('XLEN', s)
local times, dropped = 1, looked
if most == 0 then
  times, dropped = looked > 0 and left / looked or 0, 0
elseif looked == left then
  redis.call('DEL', s)
  redis.call('SPUBLISH', base, 'e')
  left = 0
elseif looked > 0 then
  left = left - redis.call('XTRIM', s, 'MINID', text(last + 1) .. '-0')
end
local reply = {redis.call('HGET', KEYS[1], 'n') or '0', left, dropped}
for author, size in pairs(bytes) do
  reply[#reply + 1] = author
  reply[#reply + 1] = text(size * times)
end
return reply
