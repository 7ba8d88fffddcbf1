-- history returns a page of messages, as they read now.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation; then :x and :l if there were amendments
-- ARGV[1]  the seq to begin with
-- ARGV[2]  1 to go up from there, -1 to go down
-- ARGV[3]  how many messages at most
--
-- Reply: {1 if there are no more, messages as XRANGE has them, but with what has become of
-- them}. AMENDED says that keys are missing.

local x, _, missing = amended()
if missing then return missing end
local low, last = first(KEYS[1], KEYS[2], x), tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
if not low then return {1, {}} end
local from, step = tonumber(ARGV[1]), tonumber(ARGV[2])
local list, all
if step == 1 then
  list, all = page(KEYS[2], x, math.max(from, low), last, 1, tonumber(ARGV[3]))
else
  list, all = page(KEYS[2], x, math.min(from, last), low, -1, tonumber(ARGV[3]))
end
return {all, list}
