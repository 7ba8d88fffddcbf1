// The line protocol as values: what a line from the server says, and what a
// request looks like. Pure functions; nothing here touches the page.

// What an id or a group's name may be made of. It leaves out every character
// that the protocol uses as punctuation, so a prefix ends at its first "):".
const word = /^[\p{L}\p{Nd}_.@-]+$/u;
const reserved = new Set(['login', 'all', 'join', 'leave', 'who', 'history']);
const prefix = /^用户\(([^()=>:,\s]+)=>([^()=>:,\s]+)\):/;
const presence = /^用户\(([^()=>:,\s]+)\)(登录|退出)了$/;

// An id has at most 64 bytes; with the punctuation a prefix stays below this.
const maxPrefix = 200;

const utf8 = new TextEncoder();

export const bytes = (text) => utf8.encode(text).length;

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

export const format = (to, body) => to + ',' + body;

// parse tells what one text message from the server is. `kind` is message,
// login, exit, who, joined, left, assigned, system, error or other; the last
// three carry `text`, for a sentence that has no further meaning to the page.
export function parse(line) {
  const message = prefix.exec(line);
  if (message) {
    return { kind: 'message', from: message[1], to: message[2], body: line.slice(message[0].length) };
  }
  const who = presence.exec(line);
  if (who) return { kind: who[2] === '登录' ? 'login' : 'exit', user: who[1] };
  if (line.startsWith('系统:')) return system(line.slice(3));
  if (line.startsWith('错误:')) return { kind: 'error', text: line.slice(3) };
  return { kind: 'other', text: line };
}

function system(text) {
  const [, count, list = ''] = /^在线 (\d+):(.*)$/.exec(text) ?? [];
  if (count) {
    const users = list.split(' ').filter((id) => id && id !== '…');
    return { kind: 'who', count: Number(count), users };
  }
  const [, verb, group] = /^已(加入|离开) (group\S+)$/.exec(text) ?? [];
  if (verb) return { kind: verb === '加入' ? 'joined' : 'left', group };
  const [, user] = /^你的用户编号是 (\S+)$/.exec(text) ?? [];
  if (user) return { kind: 'assigned', user };
  return { kind: 'system', text };
}

// parseBinary reads the prefix of a binary message, an ArrayBuffer. It returns
// null when there is none; `size` is the number of bytes behind the prefix.
export function parseBinary(buffer) {
  const head = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, maxPrefix));
  const end = head.findIndex((byte, i) => byte === 0x29 && head[i + 1] === 0x3a) + 2;
  const found = end > 1 && prefix.exec(new TextDecoder().decode(head.subarray(0, end)));
  return found ? { from: found[1], to: found[2], size: buffer.byteLength - end } : null;
}
