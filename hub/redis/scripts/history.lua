-- history returns a page of messages.
--
-- KEYS[1]  :s of the conversation
-- ARGV[1], ARGV[2], ARGV[3]  XRANGE or XREVRANGE, from and to as that has them
-- ARGV[4]  how many messages at most
--
-- Reply: {1 if there are no more, messages as XRANGE has them}.

local list, all = page(ARGV[1], KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return {all, list}
