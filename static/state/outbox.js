// What is to be sent. Texts are kept on this device, by user, until the server has them, with the
// ids of their sends: so they outlast a reload, and each is delivered once.

import { keepFor, keptFor } from './kept.js';

const newId = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('');

export class Outbox {
  #user;

  constructor(user) { this.#user = user; }

  // item makes what a conversation shows of something to be sent. at: when it may have been sent
  // first; 0: it was not yet.
  item(fields, connected) {
    return { kind: 'message', own: true, from: this.#user, id: newId(), made: Date.now(), ...fields, sentAt: connected ? Date.now() : 0, at: Date.now() };
  }

  // keep keeps an item as it is now, once there is something to be kept of it: no file.
  keep({ id, to, text, reply, made, sentAt, state, why, file }) {
    if (!file) keepFor(this.#user, 'out', id, { to, text, reply, made, sentAt, why: state === 'failed' ? why?.code ?? 'failed' : undefined });
  }
  // sent notes that these may have been sent by now.
  sent(items) {
    for (const item of items) {
      if (item.sentAt) continue;
      item.sentAt = Date.now();
      this.keep(item);
    }
  }
  drop({ id }) { keepFor(this.#user, 'out', id, undefined); }

  // kept are the items of before, the oldest first.
  kept() {
    const all = [];
    for (const [id, e] of keptFor(this.#user, 'out')) {
      if (typeof e?.to !== 'string' || typeof e.text !== 'string') continue; // not ours
      const { to, text, reply, made = 0, sentAt = 0, why } = e;
      all.push({ kind: 'message', own: true, from: this.#user, id, to, text, reply, made, sentAt, at: made, ...(why && { state: 'failed', why: { code: why } }) });
    }
    return all.sort((a, b) => a.made - b.made);
  }

  // again is for an item that is sent once more: an id that servers have forgotten would not
  // keep it from being delivered twice, so it gets another.
  again(item, connected) {
    if (item.why?.code === 'unconfirmed') Object.assign(item, { id: newId(), sentAt: 0 });
    Object.assign(item, { why: undefined, sentAt: item.sentAt || (connected ? Date.now() : 0) });
  }
}
