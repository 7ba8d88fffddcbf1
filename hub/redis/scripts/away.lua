-- away says which lot of users who are away a user is in, unless the user has been here
-- since and is due later.
--
-- KEYS[1], KEYS[2]  the lots: who holds nothing, and who holds something; scored by when each
--                   is due
-- ARGV[1]  the user
-- ARGV[2]  when the user is due, in ms
-- ARGV[3]  the number of the lot; 0: none
--
-- Reply: 1.

for _, lot in ipairs(KEYS) do
  local at = redis.call('ZSCORE', lot, ARGV[1])
  if at and tonumber(at) > tonumber(ARGV[2]) then return 1 end
end
for i, lot in ipairs(KEYS) do
  if i == tonumber(ARGV[3]) then
    redis.call('ZADD', lot, ARGV[2], ARGV[1])
  else
    redis.call('ZREM', lot, ARGV[1])
  end
end
return 1
