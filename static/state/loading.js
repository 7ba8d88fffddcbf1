// What was said before: loaded as far back as somebody looks, or has not read.

import { amended } from '../chat.js';

const atOnce = 200; // messages
const mostSought = 20000; // messages that are loaded for the one that is sought

export class Loading {
  #session;
  #tell;

  constructor(session, tell) {
    this.#session = session;
    this.#tell = tell;
  }

  // preview loads what the list shows of each conversation, and what counts as unread.
  async preview() {
    for (const c of [...this.#session.conversations.values()]) {
      const unread = c.newest - c.read;
      await this.load(c, Math.max(1, Math.min(unread, atOnce)));
      if (!c.last) await this.load(c, 20);
    }
  }

  // visit prepares a conversation for being shown: its first unread message, or number seq.
  async visit(c, seq) {
    c.visiting = (c.visiting ?? 0) + 1; // nothing counts as read meanwhile
    c.begins(c.firstUnread);
    const isThere = () => !c.more || c.oldest <= (seq ?? c.read + 1);
    for (let n = 0; n < mostSought && (seq || c.unread) && !isThere(); n += atOnce) {
      if (!await this.load(c, atOnce)) break;
    }
    await undefined; // this is told when it is open
    c.visiting--;
    if (!c.first) c.begins(c.firstUnread);
    this.#tell('visited', c);
  }

  // load fetches earlier messages, once at a time, and tells whether it could.
  async load(c, limit = 50) {
    if (!this.#session.connected || !c.more || !c.joined) return false;
    return c.loading ??= this.#load(c, limit).finally(() => {
      c.loading = undefined;
      this.#tell('items', c);
      this.#tell('change');
    });
  }
  async #load(c, limit) {
    const session = this.#session;
    try {
      const { messages, more } = await session.chat.history(c.name, { before: c.oldest, limit });
      for (const m of messages) if (!m.deleted && !amended(m)) c.put(session.item(m));
      c.loaded(messages, more);
      return true;
    } catch {
      c.more = !session.connected; // else there is no way to them
      return false;
    }
  }
}
