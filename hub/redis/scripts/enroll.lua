-- enroll enters a group at a user who is about to join it.
--
-- KEYS[1]  the user
-- ARGV[1]  the group
-- ARGV[2]  how many groups a user may be in
-- ARGV[3]  how many a user may have left behind
--
-- Reply: 1 if the group is entered, 0 if there is no room for it, -1 if the user has left
-- too many behind.

if redis.call('SISMEMBER', base .. ':g', ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', base .. ':g') >= tonumber(ARGV[2]) then return 0 end
if tonumber(redis.call('GET', base .. ':l') or '0') >= tonumber(ARGV[3]) then return -1 end
redis.call('SADD', base .. ':g', ARGV[1])
return 1
