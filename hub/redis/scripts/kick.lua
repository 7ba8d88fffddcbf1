-- kick has every node end the connections of a user, and bans the user for some time.
--
-- KEYS[1]  the user
-- ARGV[1]  how long, in ms; 0: not at all
--
-- Reply: how many connections there are.

if ARGV[1] ~= '0' then redis.call('SET', base .. ':b', '1', 'PX', ARGV[1]) end
redis.call('SPUBLISH', base, 'kick')
return tonumber(redis.call('HGET', base .. ':h', 't') or '0')
