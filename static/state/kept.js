// What this browser keeps. If it refuses its storage, it lasts as long as the page.

const key = 'wschat';
const memory = new Map(); // what could not be written

function get(name) {
  try {
    return memory.has(name) ? memory.get(name) : JSON.parse(localStorage.getItem(name)) ?? undefined;
  } catch { // refused, or not ours
    return undefined;
  }
}
function set(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
}

// The user's choices, for whoever uses this browser.
export const kept = (name) => get(key)?.[name];
export const keep = (name, value) => set(key, { ...get(key), [name]: value });

// What a user has under way, one entry a key, so that tabs do not overwrite each other's. No id
// has a blank.
export function keepFor(user, kind, name, value) { set(`${key} ${kind} ${user} ${name}`, value); }

export function keptFor(user, kind) {
  const begin = `${key} ${kind} ${user} `;
  const names = new Set(memory.keys());
  try {
    for (let i = 0; i < localStorage.length; i++) names.add(localStorage.key(i));
  } catch { // as said
  }
  return new Map([...names].filter((name) => name.startsWith(begin)).map((name) => [name.slice(begin.length), get(name)]));
}

// Drafts, by conversation.
export const keepDraft = (user, conversation, text) => keepFor(user, 'draft', conversation, text || undefined);

export function keptDrafts(user) {
  return [...keptFor(user, 'draft')].filter(([, text]) => typeof text === 'string');
}
