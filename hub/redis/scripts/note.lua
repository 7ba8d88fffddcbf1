-- note enters a private conversation at a user, as the newest, and forgets the oldest of too
-- many. The user's nodes are told if they do not follow it.
--
-- KEYS[1], KEYS[2]  :h and :p of the user
-- ARGV[1]  the conversation
-- ARGV[2]  how long a user who is away stays known, in µs; 0: for ever; -1: who is not known
--          is entered, too
-- ARGV[3]  how many conversations of a user are followed, the newest
-- ARGV[4]  how many are remembered
--
-- Reply: 0 if the user is unknown, 1 if online, else since when the user is away; negated if
-- the conversation is new there.

local h, p, t = KEYS[1], KEYS[2], now()
local at = redis.call('HMGET', h, 't', 'settled')
local online = tonumber(at[1] or '0') > 0
local seen
if not online then
  seen = redis.call('HGET', h, 'seen')
  local ttl = tonumber(ARGV[2])
  if ttl >= 0 and (not seen or ttl > 0 and t - seen >= ttl) then return 0 end
end
local reply = tonumber(seen or 1)
local rank = redis.call('ZREVRANK', p, ARGV[1])
-- Above what is settled, even if the clock was set back since: something is about to wait.
local settled = tonumber(string.match(at[2] or '', '%d+$') or '0')
redis.call('ZADD', p, text(math.max(t, settled + 1)), ARGV[1])
-- Of very many too many, only some are forgotten: others wait for this script.
local extra = math.min(redis.call('ZCARD', p) - ARGV[4], 1000)
if extra > 0 then redis.call('ZREMRANGEBYRANK', p, 0, extra - 1) end
if not rank or rank >= tonumber(ARGV[3]) then redis.call('SPUBLISH', base, 'pair ' .. ARGV[1]) end
return rank and reply or -reply
