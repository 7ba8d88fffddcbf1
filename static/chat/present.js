// What messages have become: edits, deletions and reactions, folded (PROTOCOL section 5.1).

const mostNames = 20; // of those who react alike
const mostReactions = 100; // different ones

// amended is the number of the message that an amendment is about.
export const amended = ({ edit, delete: gone, react }) => edit ?? gone ?? react;

// amend returns what a message has become by an edit, a deletion or a reaction.
export function amend(message, m) {
  if (message.deleted) return message;
  const { reactions = [], ...bare } = message;
  if (m.react) {
    const now = withReaction(reactions, m);
    return now.length ? { ...bare, reactions: now } : bare;
  }
  if (m.edit && m.text) return { ...message, text: m.text, edited: m.time };
  const { data, file, edited, ...rest } = bare; // an edit without text, from a history, has been deleted since
  return { ...rest, text: '', deleted: true };
}

// Who reacts has no other reaction any more. Counts are the server's; names beyond the 20th stay
// unknown, and a reaction keeps its place while anybody has it.
function withReaction(reactions, { from, text, was }) {
  const named = reactions.some(({ users }) => users.includes(from));
  const without = ({ text, count, users }) => {
    const others = users.filter((user) => user !== from);
    const unnamed = !named && text === was && count > users.length;
    return { text, count: count - (users.length - others.length) - unnamed, users: others };
  };
  const now = reactions.map(without).filter(({ count }) => count > 0);
  const same = now.find((each) => each.text === text);
  if (same) {
    same.count++;
    if (same.users.length < mostNames) same.users.push(from);
  } else if (text && now.length < mostReactions) now.push({ text, count: 1, users: [from] });
  return now;
}

// Present keeps the newest messages of each conversation as they read now.
export class Present {
  #most;
  #lists = new Map(); // by conversation: [{message, as}], in order; as: the seq up to which it is so

  constructor(most) { this.#most = most; }

  messages(conversation) { return (this.#lists.get(conversation) ?? []).map(({ message }) => message); }
  drop(conversation) { this.#lists.delete(conversation); }
  clear() { this.#lists.clear(); }

  // keep keeps the state of a message, if it is among the newest.
  keep(message, as) {
    if (!this.#most || amended(message)) return;
    const { conversation, seq } = message;
    const list = this.#lists.get(conversation) ?? [];
    this.#lists.set(conversation, list);
    const i = list.findLastIndex((each) => each.message.seq <= seq);
    if (list[i]?.message.seq !== seq) list.splice(i + 1, 0, { message, as });
    else if (list[i].as < as) list[i] = { message, as };
    if (list.length > this.#most) list.shift();
  }

  // amend returns what a message has become that is kept, and that m is about.
  amend(m) {
    const seq = amended(m);
    const kept = seq && this.#lists.get(m.conversation)?.findLast(({ message }) => message.seq === seq);
    if (!kept || kept.as >= m.seq) return;
    return Object.assign(kept, { message: amend(kept.message, m), as: m.seq }).message;
  }
}

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
