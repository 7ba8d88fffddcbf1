-- waiting tells which messages of a private conversation were not written to a user.
-- Deletions and reactions do not wait, nor does what is deleted.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation; then :x and :l if there were amendments
-- ARGV[1]  the user
-- ARGV[2]  the seq after which to look
--
-- Reply: {the last seq of the conversation, the last one looked at, or 0 if there are no
-- more, {{seq, time, bytes, of an edit the seq of the message that it is about, or 0}, ...}}.
-- AMENDED says that keys are missing.

local x, _, missing = amended()
if missing then return missing end
local at = redis.call('HMGET', KEYS[1], 'n', 'w:' .. ARGV[1])
local after = math.max(tonumber(at[2] or '0'), tonumber(ARGV[2]))
local low, n = first(KEYS[1], KEYS[2], x), tonumber(at[1] or '0')
if not low then return {n, '0', {}} end
local list, all = page(KEYS[2], x, math.max(after + 1, low), n, 1, 100)
local theirs, last = {}, '0'
for _, m in ipairs(list) do
  last = string.match(m[1], '^%d+')
  local kind, to = string.match(m[2][2], '^(.)[^%z]*%z([^%z]*)%z')
  local deleted = string.match(m[2][6] or '', '^%d+ %d+ 1')
  if to == ARGV[1] and kind ~= 'd' and kind ~= 'f' and not deleted then
    local about = kind == 'e' and string.match(m[2][2], '^[^%z]*%z[^%z]*%z(%d+)') or '0'
    theirs[#theirs + 1] = {last, m[2][4], #m[2][2] + #(m[2][8] or ''), about}
  end
end
return {n, all == 1 and '0' or last, theirs}
