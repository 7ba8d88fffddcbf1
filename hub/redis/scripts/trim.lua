#!lua flags=allow-oom
-- trim drops the oldest messages of a conversation, or only says whose it has. When
-- nothing is left, only its number is, and that is published.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation; then :x and :l if there were amendments
-- ARGV[1]  how many bytes to drop, and not many more; 0: only say
-- ARGV[2]  how many messages to look at, at most
-- ARGV[3]  bytes that each message takes beside what is in it
-- ARGV[4]  the seq from which on all messages stay; 0: none has to
--
-- Reply: {the last seq, messages left, messages dropped, author, bytes dropped, author, bytes dropped, …};
-- if it only says, the bytes are roughly what the author has in all. AMENDED says that keys
-- are missing.

local x, l, missing = amended()
if missing then return missing end
local h, s, most, stay = KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[4])
local n, low = tonumber(redis.call('HGET', h, 'n') or '0'), first(h, s, x)
local left = low and n - low + 1 or 0
local bytes, looked, total, last = {}, 0, 0, nil
local get = walk(s, x, low or n + 1, n, 1, 1)
while looked < tonumber(ARGV[2]) and (most == 0 or total < most) do
  local m, seq = get()
  if not m or stay > 0 and seq >= stay then break end
  local author, size = string.match(m[2][2], '^.([^%z]*)%z'), #m[2][2] + ARGV[3]
  if x then size = size + redis.call('HSTRLEN', x, 'e' .. seq) end
  if string.sub(m[2][2], 1, 1) == 'f' then size = size + 200 end -- its rN:U
  if author then bytes[author] = (bytes[author] or 0) + size end
  looked, total, last = looked + 1, total + size, seq
end
local times, dropped = 1, looked
if most == 0 then
  times, dropped = looked > 0 and left / looked or 0, 0
elseif looked > 0 and last == n then
  redis.call('DEL', s)
  if x then redis.call('DEL', x, l) end
  redis.call('HDEL', h, 'x', 'f')
  redis.call('SPUBLISH', base, 'e')
  left = 0
elseif looked > 0 then
  redis.call('XTRIM', s, 'MINID', text(last + 1) .. '-0')
  redis.call('HSET', h, 'f', last + 1)
  if x then sweep(x, l, last + 1, 2000) end
  left = n - last
end
local reply = {text(n), left, dropped}
for author, size in pairs(bytes) do
  reply[#reply + 1] = author
  reply[#reply + 1] = text(size * times)
end
return reply
