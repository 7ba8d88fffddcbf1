// What is meant by what is typed into Find: conversations and people, the best match first.

import { groupName, isUserId } from '../state/names.js';
import { label } from '../words/text.js';

// rank is 0 for the very name, 1 for its beginning, 2 for a part of it, else undefined.
function rank(typed, ...names) {
  const ranks = names.map((name) => name.toLowerCase().indexOf(typed)).filter((at) => at >= 0);
  if (!ranks.length) return undefined;
  if (names.some((name) => name.toLowerCase() === typed)) return 0;
  return Math.min(...ranks) === 0 ? 1 : 2;
}

const by = (typed, namesOf) => (all) => all.map((each) => ({ each, rank: rank(typed, ...namesOf(each)) }))
  .filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank - b.rank);

// find returns conversations and people that match, best, the name of the best of all, and what
// could begin: names of a person and of a group. Beginning a group is nobody's best match.
export function find(session, typed, conversations) {
  const wanted = typed.toLowerCase();
  const name = (c) => [c.name, label(c.name, session.me), c.group ? c.name.slice(5) : c.name];
  const found = by(wanted, name)(conversations);
  const people = by(wanted, (user) => [user])(session.people.users);
  const best = found[0] && !(people[0]?.rank < found[0].rank) ? found[0].each.name : people[0]?.each;
  const known = (name) => session.conversations.has(name) || session.people.has(name);
  const begin = [isUserId(typed) && typed, groupName(typed)].filter((name) => name && !known(name) && session.mayBeIn(name));
  return { conversations: found.map(({ each }) => each), people: people.map(({ each }) => each), best, begin };
}
