-- probe does what a message needs, and leaves nothing behind: it writes to a stream
-- that does not exist, which Redis refuses as it refuses any other write, and
-- publishes to a channel that nobody hears. Where it succeeds nothing goes to the
-- append-only file.
--
-- KEYS[1]  a name of the master that is asked; there is no such key
--
-- Reply: 1. An error says that the master would refuse a message, too.

redis.call('XADD', KEYS[1], 'NOMKSTREAM', '*', 'd', '')
redis.call('SPUBLISH', KEYS[1], '')
return 1
