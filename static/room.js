// What a user sees of the chat. It tells the views by on: state(detail), welcome(),
// changed(), items(conversation), and arrived(conversation, item) of a new message.

import { amended, Chat } from './chat.js';
import { Conversation } from './conversation.js';
import { attempt } from './dom.js';
import { saved, unwrap, wrap } from './files.js';
import { keep, kept } from './kept.js';
import { People } from './people.js';
import { mention } from './rich.js';

export class Room {
  conversations = new Map();
  people = new People();
  me = ''; // known with the first welcome
  open; // the conversation that is shown
  waiting = 0; // messages to be sent
  mine; // matches mentions
  #on;
  #epoch;

  constructor(options, on) {
    this.#on = on;
    this.chat = new Chat(options);
    const handlers = {
      state: (detail) => {
        if (detail.state !== 'connected') this.people.replace([], 0);
        else [this.me, this.mine] = [this.chat.user, mention(this.chat.user)];
        on.state(detail);
        on.changed();
      },
      epoch: () => {
        for (const c of this.conversations.values()) {
          c.anew();
          if (c.group && c.joined) this.chat.join(c.name).catch(() => {}); // the server may know of no membership
        }
      },
      welcome: (e) => this.#welcome(e),
      message: (m) => this.#take(m),
      gap: ({ conversation, from, to }) => this.#note(conversation, { lost: to - from + 1 }),
      online: ({ user }) => this.#presence({ came: user }),
      offline: ({ user }) => this.#presence({ went: user }),
      joined: ({ group, user }) => this.#member(group, user, { came: user }),
      left: ({ group, user }) => this.#member(group, user, { went: user }),
    };
    for (const [type, handle] of Object.entries(handlers)) this.chat.addEventListener(type, ({ detail }) => handle(detail));
    for (const name of ['all', 'groupA', 'groupB']) this.get(name);
  }

  get connected() { return this.chat.state === 'connected'; }

  #tell(c) {
    this.#on.items(c);
    this.#on.changed();
  }

  get(name) {
    let c = this.conversations.get(name);
    if (!c) this.conversations.set(name, c = new Conversation(name));
    return c;
  }

  #welcome({ epoch, groups, conversations, online, count }) {
    this.people.replace(online, count);
    const isIn = new Set(groups);
    for (const name of [...groups, ...Object.keys(conversations)]) this.get(name);
    for (const c of this.conversations.values()) if (c.group) c.joined = isIn.has(c.name);
    const first = !this.#epoch;
    this.#epoch = epoch;
    if (first) this.#unread(conversations);
    this.#on.welcome();
    this.#on.changed();
    if (first) this.#preview();
  }

  #unread(conversations) {
    const marks = kept('read');
    const known = marks?.user === this.me && marks.epoch === this.#epoch && new Map([].concat(marks.seen).filter((each) => Number.isInteger(each?.[1])));
    for (const [name, seq] of Object.entries(conversations)) {
      const c = this.get(name);
      c.seen = known ? known.get(name) ?? 0 : seq;
      c.unread = Math.max(0, seq - c.seen);
    }
  }

  async #preview() {
    for (const c of [...this.conversations.values()]) {
      for (const limit of [1, 20]) if (!c.items.length) await this.load(c, limit);
    }
  }

  keepRead() {
    if (this.me) keep('read', { user: this.me, epoch: this.#epoch, seen: [...this.conversations].map(([name, { seen }]) => [name, seen]) });
  }

  #item({ conversation, data, ...m }) {
    const own = m.from === this.me;
    const item = { kind: 'message', ...m, own, at: Date.parse(m.time), text: m.text ?? '' };
    item.text ||= attempt(() => { item.file = data && unwrap(data); });
    item.mentions = !own && item.text.search(this.mine) >= 0;
    return item;
  }

  #take(m) {
    const c = this.get(m.conversation);
    const item = c.take(this.#item(m));
    if (item) attempt(() => this.#on.arrived(c, item));
    this.#tell(c);
  }

  #note(name, what) {
    const c = this.get(name);
    c.note(what);
    this.#on.items(c);
  }
  #presence({ came, went }) {
    if (came) this.people.add(came);
    else {
      this.people.remove(went);
      for (const { members } of this.conversations.values()) members?.remove(went);
    }
    this.#note('all', { came, went });
    this.#on.changed();
  }
  #member(group, user, what) {
    const c = this.get(group);
    if (user === this.me) {
      [c.joined, c.more] = [Boolean(what.came), true];
      this.count(c);
    } else {
      c.members?.[what.came ? 'add' : 'remove'](user);
      this.#note(group, what);
    }
    this.#tell(c);
  }

  async count(c) {
    const answer = c.joined && await this.chat.who(c.name).catch(() => {});
    c.members = answer ? new People().replace(answer.users, answer.count) : undefined;
    this.#on.changed();
  }

  // load fetches earlier messages, once at a time.
  async load(c, limit = 50) {
    if (!this.connected || !c.more || !c.joined || c.loading) return;
    c.loading = true;
    try {
      const { messages, more } = await this.chat.history(c.name, { before: c.oldest, limit });
      for (const m of messages) if (!m.deleted && !amended(m)) c.put(this.#item(m));
      c.loaded(messages);
      c.more = more;
    } catch {
      c.more = !this.connected; // else there is no way to them
    }
    c.loading = false;
    this.#tell(c);
  }

  send(c, { text, file }) {
    const item = { kind: 'message', own: true, from: this.me, to: c.name, text, at: Date.now() };
    if (file) {
      const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
      item.file = { name: file.name, id, size: file.size, source: file, blob: saved(file) };
    }
    this.#transmit(c, item);
  }
  retry(c, item) {
    c.pending.splice(c.pending.indexOf(item), 1);
    this.#transmit(c, item);
  }
  async #transmit(c, item) {
    const [{ chat }, { text, file }] = [this, item];
    c.pending.push(item);
    this.waiting++;
    Object.assign(item, { state: 'sending', stale: true });
    this.#on.items(c);
    try {
      const { seq, offline } = await (file ? chat.sendBytes(c.name, await wrap(file.source, file.id)) : chat.send(c.name, text));
      Object.assign(item, { seq, offline, state: 'sent' });
    } catch (why) {
      if (c.pending.includes(item)) Object.assign(item, { why, state: 'failed' }); // else it has come back
    }
    this.waiting--;
    item.stale = true;
    this.#tell(c);
  }
}
