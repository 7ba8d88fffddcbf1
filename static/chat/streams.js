// The messages of each conversation, once and in order: what is missing is asked for.

export const isGroup = (name) => name.startsWith('group');

export class Streams {
  #options;
  #on;
  #epoch;
  // last: the newest seq delivered or from before our time; until: the newest known of;
  // fresh: what comes live is delivered even if it is not after last; away: not a member;
  // unsure: there may be more; the welcome had no room for it, or see doubt.
  #conversations = new Map();
  #held = new Map(); // messages behind missing ones, by `${seq} ${conversation}`
  #catchingUp = false;
  #retry; // timer of catching up

  // on: deliver(message, as), of a history as it reads up to seq as; gap({conversation, from, to});
  // parted(group); anew(); caughtUp(); history(conversation, range) resolves to {messages, as};
  // connected().
  constructor(options, on) {
    this.#options = options;
    this.#on = on;
  }

  // until is the newest number known of, undefined if none is.
  until(name) { return this.#conversations.get(name)?.until; }

  // welcome tells whether the numbering begins anew. catchUp is to follow.
  welcome({ epoch, groups, conversations, more }) {
    const first = this.#epoch === undefined;
    const anew = !first && this.#epoch !== epoch;
    const present = new Map(['all', ...groups].map((name) => [name, 0]).concat(Object.entries(conversations)));
    this.#epoch = epoch;
    if (anew) {
      this.#conversations.clear();
      this.#held.clear();
      this.#on.anew();
    }
    for (const name of this.#conversations.keys()) if (isGroup(name) && !present.has(name)) this.part(name);
    if (more) for (const [name, c] of this.#conversations) c.unsure = !c.away && !(name in conversations);
    for (const [name, until] of present) this.#begin(name, first && !this.#options.history ? until : 0, until, first).away = false;
    return anew;
  }

  broken() { clearTimeout(this.#retry); }

  #begin(name, last, until, fresh = false) {
    const c = this.#conversations.get(name) ?? { last, until, fresh };
    c.until = Math.max(c.until, until);
    this.#conversations.set(name, c);
    return c;
  }
  part(name) {
    const { last } = this.#conversations.get(name) ?? { last: 0 };
    this.#conversations.set(name, { last, until: last, away: true });
    this.#on.parted(name);
    for (const [key, m] of this.#held) if (m.conversation === name) this.#held.delete(key);
  }

  // take is for what comes live. A conversation that the welcome did not name is new, but a
  // group may be old.
  take(m) {
    const c = this.#begin(m.conversation, isGroup(m.conversation) ? m.seq - 1 : 0, m.seq);
    if (c.away ? m.seq > c.last : c.fresh && m.seq <= c.last) c.last = m.seq - 1;
    if (m.seq === c.last + 1) this.#deliver(c, m);
    else if (m.seq > c.last && this.#held.size < this.#options.maxHeld) this.#held.set(`${m.seq} ${m.conversation}`, m);
    if (c.last < c.until) this.catchUp();
  }
  // doubt asks for what the operator has deleted of what was sent to us: the deletion does not
  // say by whom.
  doubt(seq) {
    for (const [name, c] of this.#conversations) c.unsure ||= name !== 'all' && !isGroup(name) && c.until < seq;
    this.catchUp();
  }
  // #deliver delivers a message, and what was held back behind it.
  #deliver(c, m, as = 0) {
    c.fresh = c.away = false;
    while (m) {
      this.#held.delete(`${m.seq} ${m.conversation}`);
      c.last = m.seq;
      this.#on.deliver(m, Math.max(as, m.seq));
      m = this.#held.get(`${c.last + 1} ${m.conversation}`);
    }
  }

  behind() { return [...this.#conversations].find(([, c]) => c.last < c.until || c.unsure); }

  async catchUp() {
    if (this.#catchingUp || !this.#on.connected()) return;
    this.#catchingUp = true;
    try {
      for (let next = this.behind(); next; next = this.behind()) await this.#fetch(...next);
      this.#on.caughtUp();
    } catch { // if it is the connection, the next welcome goes on
      if (this.#on.connected()) this.#retry = setTimeout(() => this.catchUp(), this.#options.firstWait);
    }
    this.#catchingUp = false;
  }

  async #fetch(name, c) {
    let messages = [];
    let as = 0;
    try {
      ({ messages, as } = await this.#on.history(name, { after: c.last, limit: 200 }));
    } catch (error) {
      if (!['not_member', 'forbidden', 'bad_target'].includes(error.code)) throw error;
      if (this.#conversations.get(name) === c) this.part(name);
    }
    if (this.#conversations.get(name) !== c) return; // left, or a new epoch
    for (const m of messages) {
      this.#reach(name, c, m.seq);
      if (m.seq > c.last) this.#deliver(c, m, as);
    }
    c.unsure &&= messages.length > 0;
    if (messages.length === 0) this.#reach(name, c, c.until + 1);
  }
  // #reach goes on to seq, with gaps where the server keeps nothing.
  #reach(conversation, c, seq) {
    while (c.last + 1 < seq) {
      const held = [...this.#held.values()].filter((m) => m.conversation === conversation);
      const [from, to] = [c.last + 1, Math.min(seq, ...held.map((m) => m.seq)) - 1];
      c.last = to;
      if (from <= to) this.#on.gap({ conversation, from, to });
      this.#deliver(c, this.#held.get(`${to + 1} ${conversation}`));
    }
  }
}
