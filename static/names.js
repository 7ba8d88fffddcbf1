// What an id or a group's name may be (PROTOCOL section 2).

const word = /^[\p{L}\p{Nd}_.@-]+$/u;
const reserved = new Set(['login', 'all', 'join', 'leave', 'who', 'history']);
const utf8 = new TextEncoder();

const bytes = (text) => utf8.encode(text).length;

export function isUserId(id) {
  return word.test(id) && bytes(id) <= 64 && !reserved.has(id) && !id.startsWith('group');
}

export function isGroup(name) {
  return name.startsWith('group') && name.length > 5 && word.test(name) && bytes(name) <= 63;
}

// groupName makes a group's full name of what was typed: "前端" and
// "group前端" are the same group. It returns '' for what cannot be one.
export function groupName(typed) {
  const name = typed.trim();
  const full = name.startsWith('group') ? name : 'group' + name;
  return isGroup(full) ? full : '';
}
