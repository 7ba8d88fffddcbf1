-- present enters a login or exit into {c:all} or a group, unless a later one of the
-- same user has been entered within a minute.
--
-- KEYS[1]  the conversation
-- ARGV[1]  the user
-- ARGV[2]  the number of the login or exit
-- ARGV[3]  1 for a login, 0 for an exit
-- ARGV[4]  1 to publish the change
-- ARGV[5]  1 for a group, whose members alone can be online in it
--
-- Reply: {1 if the user is a member, position, 1 if it was published}.

local member = 1
if ARGV[5] == '1' and not redis.call('ZSCORE', base .. ':m', ARGV[1]) then member = 0 end
local x = base .. ':x:' .. ARGV[1]
local last = redis.call('GET', x)
local changed = 0
if not last or tonumber(last) <= tonumber(ARGV[2]) then
  redis.call('SET', x, ARGV[2], 'EX', 60)
  if ARGV[3] == '0' then
    changed = redis.call('ZREM', base .. ':o', ARGV[1])
  elseif member == 1 then
    changed = redis.call('ZADD', base .. ':o', 0, ARGV[1])
  end
end
if changed == 1 and ARGV[4] == '1' then
  return {member, tell(ARGV[3] == '1' and '+' or '-', ARGV[2] .. ' ' .. ARGV[1]), 1}
end
return {member, position(), 0}
