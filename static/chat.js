// A client of wschat's JSON protocol, for pages and Node, with the files in chat/. hub/PROTOCOL.md
// shows its use, events and error codes.
//
// From the first welcome on, each message of a conversation ('all', a group, or the
// other user) is delivered exactly once and in order, lost connections or not. (A group
// joined just before a break may come with what it had before.) What changes a message is a
// message, too: it has edit, delete or react, the number of the one that it changes.

import { Binaries } from './chat/binaries.js';
import { Link } from './chat/link.js';
import { defaults } from './chat/options.js';
import { Present, mark, ownRead } from './chat/present.js';
import { Requests } from './chat/requests.js';
import { Streams } from './chat/streams.js';

export { amend, amended } from './chat/present.js';

const typingLasts = 2000; // ms; servers pass on no more

export class Chat extends EventTarget {
  user; // if it was '', from the first welcome
  token; // may be replaced, for the next connection
  role = ''; // this and what follows come with the welcome
  maxMessage; // bytes; 0: any
  maxFile = 0; // bytes; 0: no files
  marks = new Map(); // {read, mute, hide, pin} by conversation; what is not so is left out
  topics = new Map(); // by group
  #options;
  #link;
  #requests;
  #binaries;
  #streams;
  #present;
  #typed = { to: '', at: 0 };

  constructor(options = {}) {
    super();
    this.#options = { ...defaults, ...options };
    ({ user: this.user, token: this.token } = this.#options);
    this.#present = new Present(this.#options.state === true ? 1000 : this.#options.state);
    this.#link = new Link(this.#options, {
      address: () => this.#address(),
      welcome: ({ event, ...e }) => this.#welcome(e),
      hear: ({ event, ...e }) => this.#hear(event, e),
      probe: () => this.#write({ op: 'history', of: 'all', before: 1, limit: 1 }), // nothing is before 1
      broken: () => [this.#streams, this.#requests].forEach((each) => each.broken()),
      ended: () => [this.#requests, this.#binaries].forEach((each) => each.ended()),
      state: (detail) => this.#emit('state', detail),
    });
    this.#requests = new Requests(this.#link, this.#options.maxSends);
    this.#binaries = new Binaries(this.#link, this.#requests);
    this.#streams = new Streams(this.#options, {
      connected: () => this.state === 'connected',
      history: (of, range) => this.#history(of, range),
      deliver: (m, as) => this.#deliver(m, as),
      gap: (gap) => this.#gap(gap),
      anew: () => this.#present.clear(),
      parted: (group) => {
        this.#present.drop(group); // nobody tells what becomes of it
        this.topics.delete(group);
      },
      caughtUp: () => this.#nextBinary(),
    });
  }

  get state() { return this.#link.state; }

  // connect connects at once, also while waiting, and comes back after each break.
  connect() { this.#link.begin(); }
  // disconnect also ends the sends that wait.
  disconnect() { if (this.state !== 'closed') this.#link.end(); }

  // send resolves to {seq, offline} once the message is as safe as the server makes it;
  // offline: its user is away. Sends outlast broken connections, in the order of the calls.
  // What outlasts this program, too, is sent with its own id, and with at, the ms at which it
  // may have been sent first; it is delivered once. The others are fields of the protocol.
  send(to, text, { at = 0, ...fields } = {}) { return this.#requests.send({ to, text, ...fields }, at); }
  // These are sends about message seq of that conversation.
  reply(to, seq, text, options) { return this.send(to, text, { ...options, reply: seq }); }
  edit(to, seq, text, options) { return this.send(to, text, { ...options, edit: seq }); }
  remove(to, seq, options) { return this.send(to, undefined, { ...options, delete: seq }); }
  // react: another text replaces the reaction, none takes it back. What changes nothing has no seq.
  react(to, seq, text, options) { return this.send(to, text || undefined, { ...options, react: seq }); }

  // sendBytes sends a Uint8Array, and resolves to {seq} once it has come back, since binary
  // messages have no ack. After a break it is sent again if the history lacks it, so no two
  // should be equal. More than -max-message (1 MiB, destination included) ends the connection.
  sendBytes(to, bytes) {
    const sent = this.#binaries.send(to, bytes);
    this.#nextBinary();
    return sent;
  }

  async join(group) { await this.#requests.ask({ op: 'join', group }); }
  async leave(group) { await this.#requests.ask({ op: 'leave', group }); }

  // who resolves to {users, count}: online, or in a group; users: the first 1,000. With away,
  // it has the members who are not online, too.
  async who(group, { away } = {}) { return this.#requests.ask({ op: 'who', group, away }); }

  // history resolves to {messages, more}: the newest, the newest before a seq, the oldest
  // after one, or those around one, in order and as they read now; limit: 50, at most 200.
  async history(of, range) {
    const { messages, more, as } = await this.#history(of, range);
    for (const m of messages) this.#present.keep(m, as);
    return { messages, more };
  }
  // #history also tells up to which seq, at least, the messages are as they have become.
  async #history(of, { before, after, around, limit } = {}) {
    const until = this.#streams.until(of) ?? 0;
    const { messages, more } = await this.#requests.ask({ op: 'history', of, before, after, around, limit });
    return { messages: messages.map((m) => this.#named(m, of)), more, as: Math.max(until, messages.at(-1)?.seq ?? 0) };
  }

  // search resolves to {messages, more, before}: the newest first. Without of, everywhere.
  async search(text, { of, before, limit } = {}) {
    const { messages, ...rest } = await this.#requests.ask({ op: 'search', text, of, before, limit });
    return { messages: messages.map((m) => this.#named(m)), ...rest };
  }

  // groups resolves to {groups: [{group, members, online, topic}], more}.
  async groups({ prefix, after, limit } = {}) { return this.#requests.ask({ op: 'groups', prefix, after, limit }); }
  async topic(group, text) { await this.#requests.ask({ op: 'topic', group, text }); } // none takes it away

  // mark changes {read, mute, hide, pin} of a conversation.
  async mark(of, changes) {
    await this.#requests.ask({ op: 'mark', of, ...changes });
    const until = this.#streams.until(of) ?? Infinity;
    this.#marked({ of, ...changes, read: Math.min(changes.read ?? 0, until) });
  }

  // kick ends the connections of a user; only a moderator may. With for ('10m'), the name is
  // refused for so long.
  async kick(user, { for: long } = {}) { await this.#requests.ask({ op: 'kick', user, for: long }); }

  // typing may be called with each key.
  typing(to) {
    if (this.state !== 'connected' || (to === this.#typed.to && Date.now() - this.#typed.at < typingLasts)) return;
    this.#typed = { to, at: Date.now() };
    this.#write({ op: 'typing', to });
  }

  // messages returns what is known of a conversation, in order and as it reads now, if the
  // option state asks for it: the newest that were delivered, or that history was asked for.
  messages(conversation) { return this.#present.messages(conversation); }

  #address() {
    const url = new URL(this.#options.url ?? 'socket', import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    if (this.user) url.searchParams.set('userId', this.user);
    return [url.href, ['wschat.v1.json', ...(this.token ? [`bearer.${this.token}`] : [])]];
  }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
  #write({ op, ...request }) { this.#link.write({ op, id: this.#requests.id(), ...request }); } // nobody waits for the answer

  #hear(event, e) {
    if (event === 'message') this.#take(this.#named(e));
    else if (['online', 'offline', 'joined', 'left'].includes(event)) {
      if (event === 'left' && e.user === this.user) this.#streams.part(e.group);
      this.#emit(event, e);
    } else if (event === 'typing') this.#emit(event, { conversation: this.#conversationOf(e.user, e.to), ...e });
    else if (event === 'mark') this.#marked(e);
    else if (event === 'topic') {
      if (e.text) this.topics.set(e.group, e.text);
      else this.topics.delete(e.group);
      this.#emit(event, e);
    } else if (e.id) this.#requests.answered(event, e);
    else if (event === 'error' && this.#binaries.refused(e)) this.#nextBinary(); // all others have an id
  }

  #welcome(e) {
    const again = this.state === 'connected'; // a new epoch on the same connection
    Object.assign(this, { user: e.user, role: e.role ?? '', maxMessage: e.max_message, maxFile: e.max_file ?? 0 });
    this.marks = new Map(Object.entries(e.marks ?? {}));
    this.topics = new Map(Object.entries(e.topics ?? {}));
    this.#link.state = 'connected';
    const anew = this.#streams.welcome(e);
    if (!again) {
      this.#requests.transmit(); // before listeners can
      this.#link.change('connected');
    }
    if (anew) this.#emit('epoch', { epoch: e.epoch });
    this.#emit('welcome', e);
    this.#streams.catchUp();
  }

  #conversationOf(from, to) { return to === this.user && from ? from : to; }
  // #named gives each message but a binary one a text.
  #named({ event, id, ...m }, conversation = this.#conversationOf(m.from, m.to)) {
    return { conversation, ...(m.data === undefined && { text: '' }), ...m };
  }

  #take(m) {
    if (!m.from && m.to === this.user) this.#streams.doubt(m.seq);
    else this.#streams.take(m);
  }
  #deliver(m, as) {
    this.#present.keep(m, as);
    const changed = this.#present.amend(m);
    this.#emit('message', m);
    if (changed) this.#emit('change', changed);
    if (m.from === this.user) this.#marked(ownRead(this.marks, m));
    if (this.#binaries.cameBack(this.user, m)) this.#nextBinary();
  }
  #gap(gap) {
    this.#present.drop(gap.conversation); // what became of it is lost, too
    this.#emit('gap', gap);
    if (this.#binaries.missed(gap.conversation)) this.#nextBinary();
  }
  #nextBinary() { if (!this.#streams.behind()) this.#binaries.next(); }

  #marked(changes) {
    const changed = changes && mark(this.marks, changes);
    if (changed) this.#emit('mark', changed);
  }
}
