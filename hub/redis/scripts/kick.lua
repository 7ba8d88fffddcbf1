-- kick has every node end the connections of a user.
--
-- KEYS[1]  the user
--
-- Reply: how many connections there are.

redis.call('SPUBLISH', base, 'kick')
return tonumber(redis.call('HGET', base .. ':h', 't') or '0')
