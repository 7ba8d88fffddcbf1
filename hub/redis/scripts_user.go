package redis

import "wschat/hub/redis/resp"

// loginScript counts the connections of a user at a node, one of them new.
// Arguments: node, how many, ttl, whether the name must be free, whether it
// replaces the others. Reply: serial, number of the login, whether what was known
// is too old, groups, private conversations; or nothing: the name is taken.
var loginScript = script(`
local h = base .. ':h'
local total = tonumber(redis.call('HGET', h, 't') or '0')
local seen = redis.call('HGET', h, 'seen')
local known = total > 0 or seen and (ARGV[3] == '0' or now() - seen < tonumber(ARGV[3]))
if known and ARGV[4] == '1' then return {} end
redis.call('PERSIST', h)
local field, count = '@' .. ARGV[1], tonumber(ARGV[2])
local serial = redis.call('HINCRBY', h, 'serial', 1)
local after
if ARGV[5] == '1' then
  for _, name in ipairs(redis.call('HKEYS', h)) do
    if string.sub(name, 1, 1) == '@' then redis.call('HDEL', h, name) end
  end
  count, after = 1, 1
  redis.call('HSET', h, 'r', serial)
  redis.call('SPUBLISH', base, 'replace ' .. serial)
else
  after = total - tonumber(redis.call('HGET', h, field) or '0') + count
end
redis.call('HSET', h, field, count, 't', after)
local gen = total > 0 and redis.call('HGET', h, 'gen') or redis.call('HINCRBY', h, 'gen', 1)
local groups = redis.call('SMEMBERS', base .. ':g')
if not known then redis.call('DEL', base .. ':g') end
return {serial, gen, known and 0 or 1, groups, redis.call('ZRANGE', base .. ':p', 0, -1)}
`)

// countScript sets how many connections of a user a node has. Arguments: node,
// how many. Reply: how many there are in all, number of the last login or exit,
// groups.
var countScript = script(`
local h, field = base .. ':h', '@' .. ARGV[1]
local before = tonumber(redis.call('HGET', h, 't') or '0')
local count = tonumber(ARGV[2])
local total = before - tonumber(redis.call('HGET', h, field) or '0') + count
if count == 0 then redis.call('HDEL', h, field) else redis.call('HSET', h, field, count) end
redis.call('HSET', h, 't', total)
if total == 0 and before > 0 then
  redis.call('HSET', h, 'seen', text(now()))
  redis.call('HINCRBY', h, 'gen', 1)
elseif total > 0 and before == 0 then
  redis.call('HINCRBY', h, 'gen', 1)
end
return {total, redis.call('HGET', h, 'gen') or '0', redis.call('SMEMBERS', base .. ':g')}
`)

// noteScript notes, for whom a private message is meant, its conversation.
// Arguments: conversation, ttl, whether the user must be known. Reply: 0 not
// known, 1 away, 2 online.
var noteScript = script(`
local h, t = base .. ':h', now()
local online = tonumber(redis.call('HGET', h, 't') or '0') > 0
if ARGV[3] == '1' and not online then
  local seen = redis.call('HGET', h, 'seen')
  if not seen or ARGV[2] ~= '0' and t - seen >= tonumber(ARGV[2]) then return 0 end
end
if redis.call('ZADD', base .. ':p', text(t), ARGV[1]) == 1 then
  redis.call('SPUBLISH', base, 'pair ' .. ARGV[1])
end
return online and 2 or 1
`)

// pairScript notes it for the sender. Argument: conversation. Reply: a number.
var pairScript = script(`
local new = redis.call('ZADD', base .. ':p', 'NX', 0, ARGV[1])
if new == 1 then redis.call('SPUBLISH', base, 'pair ' .. ARGV[1]) end
return new
`)

// userScript tells what a node may have missed of a user: who is replaced, the
// private conversations, and the groups.
var userScript = script(`
return {redis.call('HGET', base .. ':h', 'r') or '0', redis.call('ZRANGE', base .. ':p', 0, -1),
  redis.call('SMEMBERS', base .. ':g')}
`)

// enrollScript notes a group of a user. Arguments: group, most. Reply: whether
// there is room.
var enrollScript = script(`
if redis.call('SISMEMBER', base .. ':g', ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', base .. ':g') >= tonumber(ARGV[2]) then return 0 end
redis.call('SADD', base .. ':g', ARGV[1])
return 1
`)

// kickScript has the user's connections ended. Reply: how many there are.
var kickScript = script(`
redis.call('SPUBLISH', base, 'kick')
return tonumber(redis.call('HGET', base .. ':h', 't') or '0')
`)

// forgetScript forgets a user who has been away for too long, but not its private
// conversations. Argument: ttl. Reply: whether it was, and its groups.
var forgetScript = script(`
local h = base .. ':h'
local seen = redis.call('HGET', h, 'seen')
if not seen or tonumber(redis.call('HGET', h, 't') or '0') > 0 or now() - seen < tonumber(ARGV[1]) then return {0} end
local groups = redis.call('SMEMBERS', base .. ':g')
redis.call('DEL', base .. ':g')
redis.call('HDEL', h, 'seen', 't')
redis.call('EXPIRE', h, 120)
return {1, groups}
`)

// forgottenScript takes a user off those to be forgotten, unless it was here again.
// Arguments: user, due.
var forgottenScript = script(`
local at = redis.call('ZSCORE', base, ARGV[1])
if at and tonumber(at) <= tonumber(ARGV[2]) then redis.call('ZREM', base, ARGV[1]) end
return 1
`)

// leaseScript keeps a node alive. Arguments: node, for how long, a new epoch in
// case there is none. Reply: epoch, whether the node was taken for alive, time,
// nodes that are not any more, how many nodes there are.
var leaseScript = script(`
local t, lease = now(), base .. ':lease'
redis.call('SET', base .. ':epoch', ARGV[3], 'NX')
local had = redis.call('ZSCORE', lease, ARGV[1]) and 1 or 0
redis.call('ZADD', lease, text(t + ARGV[2]), ARGV[1])
return {redis.call('GET', base .. ':epoch'), had, text(t),
  redis.call('ZRANGEBYSCORE', lease, '-inf', text(t)), redis.call('ZCARD', lease)}
`)

// epochScript begins a new epoch, unless another node has. Arguments: the old one,
// a new one.
var epochScript = script(`
if redis.call('GET', base .. ':epoch') == ARGV[1] then redis.call('SET', base .. ':epoch', ARGV[2]) end
return 1
`)

var scripts = []*resp.Script{
	appendScript, syncScript, presentScript, joinScript, leaveScript, whoScript, waitingScript, sizesScript,
	loginScript, countScript, noteScript, pairScript, userScript, enrollScript, kickScript, forgetScript, forgottenScript,
	leaseScript, epochScript, probeScript,
}
