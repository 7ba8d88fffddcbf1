#!lua flags=allow-oom
-- sweep drops what amendments have made of messages that are not kept any more, some of it.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation; then :x and :l
--
-- Reply: 1 if there may be more, else 0.

local x, l = amended()
local low = x and first(KEYS[1], KEYS[2], x)
return low and sweep(x, l, low, 2000) == 2000 and 1 or 0
