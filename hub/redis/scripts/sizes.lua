-- sizes counts the members of a group, and those of them who are online.
--
-- KEYS[1]  the group
--
-- Reply: {members, online}.

return {redis.call('ZCARD', base .. ':m'), redis.call('ZCARD', base .. ':o')}
