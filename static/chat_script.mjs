// What the tests of chat.js work with: the other side is a script. Each
// WebSocket that is made is put into `sockets`, and the test says what it hears.
// Time is the test's, too. Not embedded, not served.

import assert from 'node:assert/strict';

import { Chat } from './chat.js';

export let sockets;

class ScriptedSocket {
  sent = []; // requests, parsed; of binary messages the bytes as text
  closedWith;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    sockets.push(this);
  }

  send(data) {
    assert.equal(this.closedWith, undefined, 'sent on a closed socket');
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : Buffer.from(data).toString());
  }

  close(code) {
    this.closedWith = code;
  }

  says(...events) {
    for (const e of events) this.onmessage({ data: JSON.stringify(e) });
  }

  // welcomes is the handshake, and the first event.
  welcomes(conversations = {}, { epoch = 'e1', groups = [], user = 'A', ...rest } = {}) {
    this.onopen({});
    this.says({ event: 'welcome', user, epoch, groups, conversations, online: [user], count: 1, ...rest });
  }

  ends(code, reason = '') {
    this.onclose({ code, reason });
  }

  // answers the last request; messages are those of its history, or their seqs.
  answers(e) {
    this.says({ ...e, id: this.sent.at(-1).id });
  }

  history(of, messages, more = false) {
    this.answers({ event: 'history', of, messages: messages.map((m) => (m.seq ? m : message(of, m))), more });
  }
}

// message is one of B in a conversation: 'all', a group, or with B. A field of more that is
// undefined is left out.
export function message(conversation, seq, more) {
  return JSON.parse(JSON.stringify({
    event: 'message', seq, from: 'B', to: conversation === 'B' ? 'A' : conversation, text: `${seq}`, time: '2026-01-02T15:04:05.678Z', ...more,
  }));
}

// binary is a binary message in a conversation of several.
export function binary(conversation, seq, from, text) {
  return { event: 'message', seq, from, to: conversation, data: Buffer.from(text).toString('base64'), time: '2026-01-02T15:04:05.678Z' };
}

// settled lets promises go on.
export const settled = () => new Promise(setImmediate);

// begin makes a chat of A that notes what it hears.
export function begin(t, { Client = Chat, ...options } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1e12 });
  sockets = [];
  globalThis.WebSocket = ScriptedSocket;
  const chat = new Client({ url: 'ws://h/socket', user: 'A', random: () => 1, ...options });
  const heard = [];
  const note = (type, say) => chat.addEventListener(type, ({ detail }) => heard.push(say(detail)));
  note('message', (m) => `${m.conversation} ${m.seq}`);
  note('gap', ({ conversation, from, to }) => `gap ${conversation} ${from}-${to}`);
  note('epoch', ({ epoch }) => `epoch ${epoch}`);
  const states = [];
  chat.addEventListener('state', ({ detail }) => states.push(detail));
  return { chat, heard, states, tick: (ms) => t.mock.timers.tick(ms), take: () => heard.splice(0) };
}

// connected is begin with a first connection.
export function connected(t, conversations, welcome, options) {
  const all = begin(t, options);
  all.chat.connect();
  sockets[0].welcomes(conversations, welcome);
  return all;
}

// again breaks the connection, and makes the next.
export async function again({ tick }, conversations, welcome) {
  sockets.at(-1).ends(1006);
  await settled();
  tick(30000);
  sockets.at(-1).welcomes(conversations, welcome);
  return sockets.at(-1);
}

export const asked = (socket) => socket.sent.map(({ id, ...request }) => request);
