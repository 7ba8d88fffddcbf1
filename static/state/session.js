// A user's session: the conversations, who is online, what happens. It tells by tell(type, …)
// what app.js lists.

import { Chat } from '../chat.js';
import { attempt } from './attempt.js';
import { Conversation } from './conversation.js';
import { unwrap } from './files.js';
import { keep, keepDraft, kept, keptDrafts } from './kept.js';
import { Loading } from './loading.js';
import { isGroup, mention } from './kinds.js';
import { People } from './people.js';
import { Sending } from './sending.js';
import { mayBeIn } from './token.js';

const soon = 1000; // ms
const mostKept = 20000; // messages of a conversation whose present state is known

export class Session {
  conversations = new Map();
  people = new People();
  me = ''; // known with the first welcome
  mine; // matches mentions
  #tell;
  #epoch;
  #reading;

  constructor(options, tell) {
    this.#tell = tell;
    this.chat = new Chat({ ...options, state: mostKept });
    this.#reading = new Reading(this.chat);
    this.sending = new Sending(this.chat, tell);
    this.loading = new Loading(this, tell);
    const handlers = {
      state: (detail) => {
        if (detail.state !== 'connected') this.people.replace([], 0);
        else if (!this.me) this.#begin(this.chat.user);
        else this.sending.connected();
        tell('connection', detail);
        tell('change');
      },
      epoch: () => {
        for (const c of this.conversations.values()) {
          c.anew();
          if (c.group && c.joined) this.chat.join(c.name).catch(() => {}); // the server may know of no membership
        }
      },
      welcome: (e) => this.#welcome(e),
      message: (m) => this.#take(m),
      change: (m) => {
        this.get(m.conversation).change(m);
        this.#told(this.get(m.conversation));
      },
      mark: ({ of, read }) => {
        if (read && this.get(of).readTo(read)) tell('read', this.get(of));
        tell('change');
      },
      gap: ({ conversation, from, to }) => this.#note(conversation, { lost: to - from + 1 }),
      online: ({ user }) => this.#presence({ came: user }),
      offline: ({ user }) => this.#presence({ went: user }),
      joined: ({ group, user }) => this.#member(group, user, { came: user }),
      left: ({ group, user }) => this.#member(group, user, { went: user }),
      topic: () => tell('change'),
      typing: ({ conversation, user }) => this.sending.types(this.get(conversation), user, true),
    };
    for (const [type, handle] of Object.entries(handlers)) this.chat.addEventListener(type, ({ detail }) => handle(detail));
    for (const name of ['all', 'groupA', 'groupB']) if (this.mayBeIn(name)) this.get(name);
  }

  get connected() { return this.chat.state === 'connected'; }
  // mayBeIn: the token does not forbid the group, if it is one.
  mayBeIn(name) { return !isGroup(name) || mayBeIn(this.chat.token, name); }
  get unread() { return [...this.conversations.values()].reduce((sum, { name, unread }) => sum + (this.chat.marks.get(name)?.mute ? 0 : unread), 0); } // of what is not mute

  #told(c) {
    this.#tell('items', c);
    this.#tell('change');
  }

  get(name) {
    let c = this.conversations.get(name);
    if (!c) this.conversations.set(name, c = new Conversation(name));
    return c;
  }

  // #begin: it is known who this is, so what was left here comes back.
  #begin(me) {
    [this.me, this.mine] = [me, mention(me)];
    for (const [name, text] of keptDrafts(me)) this.get(name).draft ||= text;
    this.sending.begin(me, (name) => this.get(name));
    this.#tell('session');
  }

  #welcome({ epoch, groups, conversations, online, count }) {
    this.people.replace(online, count);
    const isIn = new Set(groups);
    for (const name of [...groups, ...Object.keys(conversations)]) this.get(name);
    for (const c of this.conversations.values()) {
      if (c.group) c.joined = isIn.has(c.name);
      c.knows({ newest: Object.hasOwn(conversations, c.name) ? conversations[c.name] : 0, read: this.chat.marks.get(c.name)?.read });
    }
    const first = !this.#epoch;
    this.#epoch = epoch;
    if (first) this.#settle();
    this.#reading.flush(this.conversations.values());
    this.#tell('welcome', first);
    this.#tell('change');
    if (first) this.loading.preview();
  }

  // #settle: to somebody who is here for the first time, what was said to everyone before is not new.
  #settle() {
    const { user, epoch } = kept('read') ?? {};
    if (user !== this.me || epoch !== this.#epoch) {
      if (!this.chat.marks.has('all')) this.read(this.get('all'));
      if (!this.chat.token) keep('read', { user: this.me, epoch: this.#epoch }); // whose token it is stays nowhere
    }
  }

  // read notes that a conversation has been read, up to a number or all of it.
  read(c, seq = c.newest) {
    if (!c.readTo(seq)) return;
    this.#reading.later(this.conversations.values());
    this.#tell('read', c);
    this.#tell('change');
  }
  keepRead() { this.#reading.flush(this.conversations.values()); }

  draft(c, text) {
    c.draft = text;
    if (this.me) keepDraft(this.me, c.name, text);
    this.#tell('change');
  }

  // item makes what a conversation shows of a message.
  item({ conversation, data, ...m }) {
    const own = m.from === this.me;
    const item = { kind: 'message', ...m, own, at: Date.parse(m.time), text: m.text ?? '' };
    item.text ||= attempt(() => { if (data) item.file = unwrap(data); });
    if (m.file) item.file = { ...m.file, picture: m.file.type.startsWith('image/') };
    item.mentions = !own && item.text.search(this.mine) >= 0;
    return item;
  }

  #take(m) {
    const c = this.get(m.conversation);
    const item = c.take(this.item(m));
    this.sending.types(c, m.from);
    if (item?.own) this.sending.cameBack(item);
    if (item) this.#tell('arrived', c, item);
    this.#told(c);
  }

  #note(name, what) {
    const c = this.get(name);
    c.note(what);
    this.#tell('items', c);
  }
  #presence({ came, went }) {
    if (came) {
      this.people.add(came);
      for (const { members, away } of this.conversations.values()) {
        if (away?.has(came)) members.add(came);
        away?.remove(came);
      }
    }
    else {
      this.people.remove(went);
      for (const { members, away } of this.conversations.values()) {
        if (members?.has(went)) away.add(went);
        members?.remove(went);
      }
    }
    this.#note('all', { came, went });
    this.#tell('change');
  }
  #member(group, user, what) {
    const c = this.get(group);
    if (user === this.me) {
      [c.joined, c.more] = [Boolean(what.came), true];
      this.count(c);
      if (what.came) this.#topic(group);
      if (what.came) this.loading.load(c).then(() => this.read(c)); // what was said before one came is not new
    } else {
      c.members?.[what.came ? 'add' : 'remove'](user);
      c.away?.remove(user);
      this.#note(group, what);
    }
    this.#told(c);
  }

  // #topic asks for the topic of a group that one has just joined: no welcome has told it.
  async #topic(group) {
    const { groups: [about] } = await this.chat.groups({ prefix: group, limit: 1 }).catch(() => ({ groups: [] }));
    if (about?.topic) this.chat.topics.set(group, about.topic);
    this.#tell('change');
  }

  // count asks who is in a group.
  async count(c) {
    const answer = c.joined && await this.chat.who(c.name, { away: true }).catch(() => {});
    c.members = answer ? new People().replace(answer.users, answer.count) : undefined;
    c.away = answer ? new People().replace(answer.away ?? [], answer.away?.length ?? 0) : undefined;
    this.#tell('change');
  }
}

// Reading: what has been read is told to the server, for the other devices: soon, but not with
// each message.
class Reading {
  #chat;
  #timer;

  constructor(chat) { this.#chat = chat; }

  later(conversations) {
    this.#timer ??= setTimeout(() => this.flush(conversations), soon);
  }

  flush(conversations) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#chat.state !== 'connected') return; // the next welcome goes on
    for (const { name, read } of conversations) {
      if (read > (this.#chat.marks.get(name)?.read ?? 0)) this.#chat.mark(name, { read }).catch(() => {});
    }
  }
}
