// What the user sends: each is in its conversation, and in the outbox, until the server has it.

import { saved, wrap } from './files.js';
import { Outbox } from './outbox.js';

export class Sending {
  waiting = 0; // messages
  #chat;
  #tell;
  #outbox;
  #items = new Set(); // that wait
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

  // cameBack: an own message is there, whether its ack has come or not.
  cameBack(item) { if (this.#items.has(item)) this.#outbox.drop(item); }

  get #isConnected() { return this.#chat.state === 'connected'; }

  async #transmit(c, item) {
    const { text, file, id, reply, sentAt } = item;
    c.pending.push(item);
    this.#items.add(item);
    this.waiting = this.#items.size;
    Object.assign(item, { state: 'sending', stale: true });
    this.#outbox.keep(item);
    this.#tell('items', c);
    try {
      const done = await (file ? this.#chat.sendBytes(c.name, await wrap(file.source, file.id))
        : this.#chat.send(c.name, text, { id, at: sentAt, ...(reply && { reply }) }));
      c.acked(item, done);
      this.#outbox.drop(item);
    } catch (why) {
      if (c.pending.includes(item)) { // else it has come back
        Object.assign(item, { why, state: 'failed' });
        this.#outbox.keep(item);
      } else this.#outbox.drop(item);
    }
    this.#items.delete(item);
    this.waiting = this.#items.size;
    item.stale = true;
    this.#told(c);
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
