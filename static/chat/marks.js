// The user's marks of conversations (PROTOCOL section 5.2): what is not so is left out.

const readOf = (marks, of) => marks.get(of)?.read ?? 0;

// mark changes marks, and returns what is new, or undefined.
export function mark(marks, { of, ...all }) {
  const old = marks.get(of) ?? {};
  const isNew = ([key, value]) => (key === 'read' ? value > readOf(marks, of) : value !== undefined && value !== Boolean(old[key]));
  const changes = Object.fromEntries(Object.entries(all).filter(isNew));
  if (!Object.keys(changes).length) return;
  marks.set(of, Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value)));
  return { of, ...changes };
}

// ownRead is the mark that one's own message makes: read, if nothing unread lies between.
export const ownRead = (marks, { conversation, seq }) => readOf(marks, conversation) === seq - 1 && { of: conversation, read: seq };
