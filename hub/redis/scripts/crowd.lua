-- crowd finds whom to forget if too many users are away: of the larger lot, of the address
-- for which most count, the longest away.
--
-- KEYS[1]  users who are away
-- KEYS[2], KEYS[3]  lot 1 and its addresses; see away.lua
-- KEYS[4], KEYS[5]  lot 2, likewise
-- ARGV[1]  how many may be away
-- ARGV[2]  how many to find at most
--
-- Reply: {number of the lot, users, each with the time at which it is due}.

local many = redis.call('ZCARD', KEYS[1]) - ARGV[1]
if many <= 0 then return {0, {}} end
local idle, holding = redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[4])
local lot = idle >= holding and 1 or 2
-- Of more than the difference, each lot loses half.
many = math.min(many, math.floor((many + math.abs(idle - holding) + 1) / 2), tonumber(ARGV[2]))
local top = redis.call('ZREVRANGE', KEYS[1 + 2 * lot], 0, many - 1, 'WITHSCORES')
local take = {}
for _ = 1, many do
  local most = 2
  for i = 4, #top, 2 do
    if tonumber(top[i]) > tonumber(top[most]) then most = i end
  end
  if #top == 0 then break end
  top[most] = top[most] - 1
  take[top[most - 1]] = (take[top[most - 1]] or 0) + 1
end
local users = {}
for address, n in pairs(take) do
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', KEYS[2 * lot], '[' .. address .. ' ', '(' .. address .. '!', 'LIMIT', 0, n)) do
    local due, user = string.match(entry, '^[^ ]* (%d+) (.*)$')
    users[#users + 1], users[#users + 2] = user, due
  end
end
return {lot, users}
