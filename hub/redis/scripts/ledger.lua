#!lua flags=allow-oom
-- ledger adds to what authors hold, and chooses a node that makes room for all.
--
-- KEYS[1], KEYS[2], KEYS[3]  :by, :sum and :room of the ledger
-- Behind them, :of: the author of each change, in their order; KEYS[4] is that of the first
-- ARGV[1]  the node
-- ARGV[2]  for how long it is chosen, in ms, if no other one is
-- ARGV[3]  how many messages a conversation has at most; 0: any number
-- ARGV[4]  how long what is not added to is remembered, in seconds
-- ARGV[5]  how many authors are remembered, those who hold most
-- ARGV[6]  how many conversations of each
-- Behind them, any number of times: author, conversation, its last seq, the first that it
-- has, or 0 if that is not known, bytes (negative: less). Without a conversation they are
-- the author's in any.
--
-- Reply: {1 if the node is chosen, bytes that all hold, authors who are forgotten}.

local t, by, window = text(now()), KEYS[1], tonumber(ARGV[3])
local sum = tonumber(redis.call('GET', KEYS[2]) or '0')

-- hold changes what an author holds in all.
local function hold(author, more)
  if more == 0 then return end
  local old = tonumber(redis.call('ZSCORE', by, author) or '0')
  more = math.max(more, -old)
  sum = sum + more
  if old + more > 0 then redis.call('ZADD', by, text(old + more), author) else redis.call('ZREM', by, author) end
end

for i = 7, #ARGV, 5 do
  local author, conversation = ARGV[i], ARGV[i + 1]
  local seq, first, more = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  if conversation ~= '' then
    local of = KEYS[4 + (i - 7) / 5]
    local entry = redis.call('HGET', of, conversation)
    local bytes, from, to, since = string.match(entry or '0 ' .. seq .. ' ' .. seq .. ' ' .. t, '^(%d+) (%d+) (%d+) (%d+)$')
    local old, rest = tonumber(bytes), tonumber(bytes)
    from, to = tonumber(from), tonumber(to)
    if first == 0 and window > 0 and seq - window >= from then -- some are dropped meanwhile
      first = seq - window + 1
      rest = old * math.max(0, to - first + 1) / (to - from + 1)
    end
    from, to = math.max(from, first), math.max(to, seq)
    local new = math.floor(math.max(0, rest + more))
    if new == 0 then
      redis.call('HDEL', of, conversation)
    elseif entry or redis.call('HLEN', of) < tonumber(ARGV[6]) then
      redis.call('HSET', of, conversation, table.concat({text(new), text(from), text(to), since}, ' '))
    end
    redis.call('EXPIRE', of, ARGV[4])
    more = new - old
  end
  hold(author, more)
end
local many = redis.call('ZCARD', by) - ARGV[5]
local forgotten = {}
if many > 0 then
  local least = redis.call('ZRANGE', by, 0, many - 1, 'WITHSCORES')
  for i = 1, #least, 2 do
    forgotten[#forgotten + 1] = least[i]
    hold(least[i], -tonumber(least[i + 1]))
  end
end
if #ARGV > 6 then
  redis.call('SET', KEYS[2], text(sum), 'EX', ARGV[4])
  redis.call('EXPIRE', by, ARGV[4])
end
local chosen = redis.call('GET', KEYS[3])
if not chosen or chosen == ARGV[1] then
  chosen = ARGV[1]
  redis.call('SET', KEYS[3], chosen, 'PX', ARGV[2])
end
return {chosen == ARGV[1] and 1 or 0, text(sum), forgotten}
