-- extent tells how much a conversation keeps.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation; then :x and :l if there were amendments
--
-- Reply: {the last seq, how many messages are kept}. AMENDED says that keys are missing.

local x, _, missing = amended()
if missing then return missing end
local n, low = tonumber(redis.call('HGET', KEYS[1], 'n') or '0'), first(KEYS[1], KEYS[2], x)
return {text(n), low and n - low + 1 or 0}
