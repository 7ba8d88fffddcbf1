-- append numbers a message, keeps it in the stream of its conversation, and
-- publishes it. See send.lua.
--
-- KEYS[1], KEYS[2]  :h and :s of the conversation
-- KEYS[3]  the ids of its sender; there if the message has one
-- ARGV[1]  the message, encoded
-- ARGV[2]  how many messages to keep at least; 0: all
-- ARGV[3]  deadline in µs of Redis' clock; 0: none
-- ARGV[4]  the mark that the node knows; empty: none
-- ARGV[5]  the seq that it has been told of
-- ARGV[6]  the id
-- ARGV[7]  the recipient, if that is away, since ARGV[8]
-- ARGV[9], ARGV[10]  how many messages its author may send the recipient since then,
--          and how many bytes
--
-- Reply: {seq, time}, or {seq, time, 1} if what amendments made of older messages is to be
-- swept; for a repeated id {seq, 0, 1 if the recipient was away}.
-- Nothing was done after an error. LATE: the deadline has passed; FULL: the recipient is
-- away, and the author has sent enough; LOST: what the node knows is not there.

local n, reply = begin(KEYS[1], KEYS[3])
if not n then return reply end
if ARGV[7] then
  local _, head = string.find(ARGV[1], '^[^%z]*%z[^%z]*%z')
  local full = miss(KEYS[1], n, 1, #ARGV[1] - head)
  if full then return full end
end
local t, trimmed = keep(KEYS[1], KEYS[2], KEYS[3], n, ARGV[7], ARGV[1], ARGV[1])
return {n, t, trimmed and 1 or nil}
