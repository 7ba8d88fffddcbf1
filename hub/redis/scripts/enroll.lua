-- enroll enters a group at a user who is about to join it.
--
-- KEYS[1]  the user
-- ARGV[1]  the group
-- ARGV[2]  how many groups a user may be in
--
-- Reply: 1 if the group is entered, 0 if there is no room for it.

if redis.call('SISMEMBER', base .. ':g', ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', base .. ':g') >= tonumber(ARGV[2]) then return 0 end
redis.call('SADD', base .. ':g', ARGV[1])
return 1
