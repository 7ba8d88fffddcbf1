-- leave ends a membership, and publishes that. The messages of a group that nobody is in
-- any more are forgotten after some time. Its number is forgotten after ten times as long,
-- but not before ten minutes, and then if there never was a message.
--
-- KEYS[1], KEYS[2], KEYS[3], KEYS[4]  :h, :s, :m and :o of the group; then :x and :l if there
--          were amendments
-- ARGV[1]  the user
-- ARGV[2]  how long the messages stay, in ms; 0: for ever
--
-- Reply: {1 if the user was a member, members left}. AMENDED says that keys are missing.

local x, l, missing = amended()
if missing then return missing end
local was = redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if was == 1 then redis.call('SPUBLISH', base, 'l ' .. ARGV[1]) end
local members = redis.call('HLEN', KEYS[3])
if members == 0 then
  if not redis.call('HGET', KEYS[1], 'n') then
    redis.call('PEXPIRE', KEYS[1], 600000)
  elseif ARGV[2] ~= '0' then
    for _, key in ipairs({KEYS[2], x, l}) do redis.call('PEXPIRE', key, ARGV[2]) end
    redis.call('PEXPIRE', KEYS[1], text(math.max(600000, 10 * ARGV[2])))
  end
end
return {was, members}
