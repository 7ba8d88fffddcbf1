// What the user sends: each is in its conversation, and in the outbox, until the server has it.

import { saved, wrap } from './files.js';
import { keepFor, keptFor } from './kept.js';

export class Sending {
  waiting = 0; // messages
  #chat;
  #tell;
  #outbox;
  #items = new Set(); // that wait
  #uploads = Promise.resolve(); // one after the other, since servers refuse the fifth at a time
  #going = new Map(); // by item: {c, timer} of deletions that can be undone

  constructor(chat, tell) {
    this.#chat = chat;
    this.#tell = tell;
  }

  // begin sends what was left in the outbox of before. get returns a conversation.
  begin(me, get) {
    this.#outbox = new Outbox(me);
    for (const item of this.#outbox.kept()) {
      const c = get(item.to);
      if (item.state === 'failed') c.pending.push(item);
      else this.#transmit(c, item);
    }
    this.connected();
  }
  // connected: what waits may have been sent by now.
  connected() { this.#outbox.sent(this.#items); }

  send(c, { text, file, reply }) {
    const item = this.#outbox.item({ to: c.name, text, reply }, this.#isConnected);
    if (file) item.file = { name: file.name, id: item.id, size: file.size, source: file, blob: saved(file) };
    this.#transmit(c, item);
  }
  retry(c, item) {
    c.pending.splice(c.pending.indexOf(item), 1);
    this.#outbox.drop(item);
    this.#outbox.again(item, this.#isConnected);
    this.#transmit(c, item);
  }
  // discard gives up a message that failed.
  discard(c, item) {
    c.pending.splice(c.pending.indexOf(item), 1);
    this.#outbox.drop(item);
    this.#told(c);
  }

  cancel(c, item) {
    item.upload.abort();
    this.discard(c, item);
  }

  // cameBack: an own message is there, whether its ack has come or not.
  cameBack(item) { if (this.#items.has(item)) this.#outbox.drop(item); }

  get #isConnected() { return this.#chat.state === 'connected'; }

  async #transmit(c, item) {
    c.pending.push(item);
    this.#items.add(item);
    this.waiting = this.#items.size;
    Object.assign(item, { state: 'sending', stale: true });
    this.#outbox.keep(item);
    this.#tell('items', c);
    try {
      const done = await (item.file ? this.#sendFile(c, item) : this.#sendText(c, item));
      c.acked(item, done);
      this.#outbox.drop(item);
    } catch (why) {
      if (c.pending.includes(item)) { // else it has come back, or is given up
        Object.assign(item, { why, state: 'failed' });
        this.#outbox.keep(item);
      } else this.#outbox.drop(item);
    }
    this.#items.delete(item);
    this.waiting = this.#items.size;
    item.stale = true;
    this.#told(c);
  }
  #sendText({ name }, { text, id, sentAt, reply, file }) {
    return this.#chat.send(name, text, { id, at: sentAt, ...(reply && { reply }), ...(file && { file: file.id }) });
  }

  // #sendFile waits for a welcome, which tells whether the server takes files.
  async #sendFile(c, item) {
    const { file } = item;
    if (!this.#isConnected && this.#chat.state !== 'closed') await new Promise((done) => { this.#chat.addEventListener('welcome', done, { once: true }); });
    if (!this.#chat.maxFile) return this.#chat.sendBytes(c.name, await wrap(file.source, file.id));
    Object.assign(item, { stale: true, upload: new XMLHttpRequest() }); // fetch tells of no progress
    const upload = this.#uploads.then(() => (c.pending.includes(item) ? uploaded(item.upload, this.#chat, file.source) : Promise.reject()));
    this.#uploads = upload.catch(() => {});
    this.#tell('items', c);
    try {
      Object.assign(file, await upload, { blob: undefined });
      item.sentAt = 0; // only now it may be
    } finally {
      Object.assign(item, { upload: undefined, stale: true });
    }
    return this.#sendText(c, item);
  }

  // react takes back what one has chosen already.
  react(c, { seq, reactions }, text) {
    const mine = reactions?.some((each) => each.text === text && each.users.includes(this.#chat.user));
    return this.#chat.react(c.name, seq, mine ? '' : text);
  }

  remove(c, item) {
    this.#going.set(item, { c, timer: setTimeout(() => this.#remove(c, item), 6000) });
    this.#gone(c, item, true);
  }
  undo(c, item) {
    clearTimeout(this.#going.get(item)?.timer);
    this.#going.delete(item);
    this.#gone(c, item, false);
  }
  #remove(c, item) {
    clearTimeout(this.#going.get(item).timer);
    this.#going.delete(item);
    this.#chat.remove(c.name, item.seq).catch(() => this.undo(c, item)); // it is seen again
  }
  // flush sends the deletions that wait.
  flush() { for (const [item, { c }] of this.#going) this.#remove(c, item); }

  // types notes that somebody is typing, which is told every 2 s, or has said it.
  types(c, user, still) {
    clearTimeout(c.typing.get(user));
    if (still) c.typing.set(user, setTimeout(() => this.types(c, user), 5000));
    else if (!c.typing.delete(user)) return;
    this.#tell('typing');
  }

  #gone(c, item, gone) {
    Object.assign(item, { gone, stale: true });
    this.#told(c);
  }
  #told(c) {
    this.#tell('items', c);
    this.#tell('change');
  }
}

// uploaded resolves to what the server says of the file (PROTOCOL 10), or rejects with its status as code.
const uploaded = (request, { user, token }, file) => new Promise((resolve, reject) => {
  request.open('POST', `files?${new URLSearchParams({ name: file.name, userId: user })}`);
  if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
  request.responseType = 'json';
  request.upload.onprogress = ({ loaded, total }) => { request.part = loaded / total; }; // without one here nobody hears of it
  request.onloadend = () => {
    if (request.status !== 201) return reject({ code: request.status || 'disconnected', message: request.statusText });
    const { file: id, ...about } = request.response;
    resolve({ id, ...about });
  };
  request.send(file);
});

// Outbox: what is to be sent. Texts are kept on this device, by user, until the server has them, with the
// ids of their sends: so they outlast a reload, and each is delivered once.
const newId = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('');

class Outbox {
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
