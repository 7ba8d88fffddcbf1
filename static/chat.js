// A client of wschat's JSON protocol, for pages and Node. hub/PROTOCOL.md shows its use,
// events and error codes.
//
// From the first welcome on, each message of a conversation ('all', a group, or the
// other user) is delivered exactly once and in order, lost connections or not. (A group
// joined just before a break may come with what it had before.) What changes a message is a
// message, too: it has edit, delete or react, the number of the one that it changes.
const defaults = {
  url: undefined, // undefined: /socket where this file is from
  user: '', // '': the server gives an id
  token: '', // what no header can carry ends in closed
  history: false, // true: the first connection delivers what is kept
  state: 0, // messages of each conversation whose present state is kept; true: 1000
  maxSends: 1000, // sends that wait for their ack
  maxHeld: 1000, // messages behind missing ones; more are fetched again
  firstWait: 1000, // ms, at most, before coming back; doubled each time
  longestWait: 30000, // ms
  settled: 10000, // ms of connection after which waits begin anew
  silence: 30000, // ms before a silent server is asked for an answer
  patience: 10000, // ms for that answer, and for the welcome
  wakePatience: 3000, // ms for that of a page that wakes: comes into view, into focus, or online
  random: Math.random, // the part of its bound that a wait lasts
};
const idLives = 9 * 60000; // ms; servers remember ids for 10 minutes
const typingLasts = 2000; // ms; servers pass on no more
const wakes = ['online', 'focus', 'visibilitychange'];
const isGroup = (name) => name.startsWith('group');
const failure = (code, message) => Object.assign(new Error(message), { code });
const unconfirmed = () => failure('unconfirmed', 'perhaps it was delivered');
// PROTOCOL section 4.
const comesBack = (code) => [1001, 1006, 1011].includes(code) || (code >= 4100 && code <= 4199);

const mostNames = 20; // of those who react alike
const mostReactions = 100; // different ones
// amended is the number of the message that an amendment is about.
export const amended = ({ edit, delete: gone, react }) => edit ?? gone ?? react;

// amend returns what a message has become by an edit, a deletion or a reaction.
export function amend(message, m) {
  if (message.deleted) return message;
  const { reactions = [], ...bare } = message;
  if (m.react) {
    const now = withReaction(reactions, m);
    return now.length ? { ...bare, reactions: now } : bare;
  }
  if (m.edit && m.text) return { ...message, text: m.text, edited: m.time };
  const { data, file, edited, ...rest } = bare; // an edit without text, from a history, has been deleted since
  return { ...rest, text: '', deleted: true };
}

// Who reacts has no other reaction any more. Counts are the server's; names beyond the 20th stay
// unknown, and a reaction keeps its place while anybody has it.
function withReaction(reactions, { from, text, was }) {
  const named = reactions.some(({ users }) => users.includes(from));
  const without = ({ text, count, users }) => {
    const others = users.filter((user) => user !== from);
    const unnamed = !named && text === was && count > users.length;
    return { text, count: count - (users.length - others.length) - unnamed, users: others };
  };
  const now = reactions.map(without).filter(({ count }) => count > 0);
  const same = now.find((each) => each.text === text);
  if (same) {
    same.count++;
    if (same.users.length < mostNames) same.users.push(from);
  } else if (text && now.length < mostReactions) now.push({ text, count: 1, users: [from] });
  return now;
}

export class Chat extends EventTarget {
  user; // if it was '', from the first welcome
  token; // may be replaced, for the next connection
  state = 'closed';
  role = ''; // this and what follows come with the welcome
  maxMessage; // bytes; 0: any
  maxFile = 0; // bytes; 0: no files
  marks = new Map(); // {read, mute, hide, pin} by conversation; what is not so is left out
  topics = new Map(); // by group
  #options;
  #socket = null;
  #opened = 0; // when the socket did
  #heard = 0; // when the server was, or when the attempt began
  #woken = false; // and has asked the server, which has not answered yet
  #attempt = 0;
  #timers = {}; // next (attempt), watch (over silence), retry (of catching up)
  #epoch;
  // last: the newest seq delivered or from before our time; until: the newest known of;
  // fresh: what comes live is delivered even if it is not after last; away: not a member;
  // unsure: there may be more; the welcome had no room for it, or see #doubt.
  #conversations = new Map();
  #held = new Map(); // messages behind missing ones, by `${seq} ${conversation}`
  #catchingUp = false;
  #present = new Map(); // by conversation: [{message, as}], in order; as: the seq up to which it is so
  #typed = { to: '', at: 0 };
  #prefix = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('');
  #lastId = 0;
  #sends = new Map(); // by id, in the order of the calls: {request, at, resolve, reject, promise}
  #requests = new Map(); // likewise: {resolve, reject}
  #binaries = []; // {to, bytes, on: its socket, resolve, reject}; one at a time
  // A page that wakes does not wait for what its clocks have missed.
  #wake = ({ type }) => {
    if (type === 'visibilitychange' && globalThis.document?.hidden) return;
    const { silence, wakePatience } = this.#options;
    const unheard = Date.now() - this.#heard;
    if (this.state !== 'connected') {
      if (this.state === 'waiting' || type === 'online' || unheard > wakePatience) this.#open();
    } else if (unheard > 4 * silence) this.#closed(undefined, 0); // it slept, or would have asked
    else if (!this.#woken) {
      this.#woken = true;
      this.#probe(wakePatience, 0);
    }
  };

  constructor(options = {}) {
    super();
    this.#options = { ...defaults, ...options };
    ({ user: this.user, token: this.token } = this.#options);
    if (this.#options.state === true) this.#options.state = 1000;
  }
  // connect connects at once, also while waiting, and comes back after each break.
  connect() {
    if (this.#socket) return;
    if (this.state === 'closed') this.#attempt = 0;
    for (const type of wakes) globalThis.addEventListener?.(type, this.#wake);
    this.#open();
  }
  // disconnect also ends the sends that wait.
  disconnect() {
    if (this.state !== 'closed') this.#end({ code: 1000, reason: '', opened: this.#opened > 0 });
  }

  // send resolves to {seq, offline} once the message is as safe as the server makes it;
  // offline: its user is away. Sends outlast broken connections, in the order of the calls.
  // What outlasts this program, too, is sent with its own id, and with at, the ms at which it
  // may have been sent first; it is delivered once. The others are fields of the protocol.
  send(to, text, { id = this.#id(), at = 0, ...fields } = {}) {
    const waits = this.#sends.get(id);
    if (waits) return waits.promise;
    const send = { request: { op: 'send', id, to, text, ...fields }, at };
    return send.promise = this.#wait(this.#sends.size, (resolve, reject) => {
      const done = ({ seq, offline = false }) => resolve({ seq, offline });
      this.#sends.set(id, Object.assign(send, { resolve: done, reject }));
      if (this.state === 'connected') this.#transmit(send);
    });
  }
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
    return this.#wait(this.#binaries.length, (resolve, reject) => {
      this.#binaries.push({ to, bytes, resolve, reject });
      this.#nextBinary();
    });
  }

  #wait(waiting, begin) {
    if (this.state === 'closed') return Promise.reject(failure('closed', 'not connected'));
    if (waiting >= this.#options.maxSends) return Promise.reject(failure('too_many', 'too many sends wait'));
    return new Promise(begin);
  }

  async join(group) { await this.#ask({ op: 'join', group }); }
  async leave(group) { await this.#ask({ op: 'leave', group }); }

  // who resolves to {users, count}: online, or in a group; users: the first 1,000. With away,
  // it has the members who are not online, too.
  async who(group, { away } = {}) { return this.#ask({ op: 'who', group, away }); }

  // history resolves to {messages, more}: the newest, the newest before a seq, the oldest
  // after one, or those around one, in order and as they read now; limit: 50, at most 200.
  async history(of, range) {
    const { messages, more, as } = await this.#history(of, range);
    for (const m of messages) this.#keep(m, as);
    return { messages, more };
  }
  // #history also tells up to which seq, at least, the messages are as they have become.
  async #history(of, { before, after, around, limit } = {}) {
    const { until = 0 } = this.#conversations.get(of) ?? {};
    const { messages, more } = await this.#ask({ op: 'history', of, before, after, around, limit });
    return { messages: messages.map((m) => this.#named(m, of)), more, as: Math.max(until, messages.at(-1)?.seq ?? 0) };
  }

  // search resolves to {messages, more, before}: the newest first. Without of, everywhere.
  async search(text, { of, before, limit } = {}) {
    const { messages, ...rest } = await this.#ask({ op: 'search', text, of, before, limit });
    return { messages: messages.map((m) => this.#named(m)), ...rest };
  }

  // groups resolves to {groups: [{group, members, online, topic}], more}.
  async groups({ prefix, after, limit } = {}) { return this.#ask({ op: 'groups', prefix, after, limit }); }
  async topic(group, text) { await this.#ask({ op: 'topic', group, text }); } // none takes it away

  // mark changes {read, mute, hide, pin} of a conversation.
  async mark(of, changes) {
    await this.#ask({ op: 'mark', of, ...changes });
    const { until = Infinity } = this.#conversations.get(of) ?? {};
    this.#marked({ of, ...changes, read: Math.min(changes.read ?? 0, until) });
  }

  // typing may be called with each key.
  typing(to) {
    if (this.state !== 'connected' || (to === this.#typed.to && Date.now() - this.#typed.at < typingLasts)) return;
    this.#typed = { to, at: Date.now() };
    this.#write({ op: 'typing', id: this.#id(), to });
  }

  // messages returns what is known of a conversation, in order and as it reads now, if the
  // option state asks for it: the newest that were delivered, or that history was asked for.
  messages(conversation) { return (this.#present.get(conversation) ?? []).map(({ message }) => message); }

  #open() {
    this.#drop();
    const url = new URL(this.#options.url ?? '/socket', import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    if (this.user) url.searchParams.set('userId', this.user);
    this.#opened = 0;
    this.#heard = Date.now();
    let socket;
    try {
      socket = this.#socket = new WebSocket(url.href, ['wschat.v1.json', ...(this.token ? [`bearer.${this.token}`] : [])]);
    } catch ({ message }) { // of a token no header can carry
      return this.#end({ code: 1006, reason: message, opened: false });
    }
    this.#watch(() => this.#closed(), this.#options.patience);
    const current = (then) => (event) => socket === this.#socket && then(event);
    socket.onopen = current(() => { this.#opened = Date.now(); });
    socket.onmessage = current(({ data }) => this.#receive(data));
    socket.onclose = current((event) => this.#closed(event));
    socket.onerror = current(() => setTimeout(current(() => this.#closed()), 0)); // a close may not follow
    this.#change('connecting');
  }

  #drop() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#woken = false;
    const socket = this.#socket;
    this.#socket = null; // first, so that late events mean nothing
    socket?.close(1000);
    for (const { reject } of this.#requests.values()) reject(failure('disconnected', 'the connection broke'));
    this.#requests.clear();
  }

  #closed({ code, reason } = { code: 1006, reason: '' }, longest = this.#options.longestWait) {
    const opened = this.#opened > 0;
    if (!comesBack(code)) return this.#end({ code, reason, opened });
    this.#drop();
    const { firstWait, settled, random } = this.#options;
    if (opened && Date.now() - this.#opened >= settled) this.#attempt = 0;
    // Chance spreads the clients of a server that fell.
    const wait = random() * Math.min(longest, firstWait * 2 ** this.#attempt++);
    this.#timers.next = setTimeout(() => this.#open(), wait);
    this.#change('waiting', { in: wait, attempt: this.#attempt, code, reason, opened });
  }
  #end(detail) {
    for (const type of wakes) globalThis.removeEventListener?.(type, this.#wake);
    this.#drop();
    const sends = [...this.#sends.values(), ...this.#binaries.splice(0)];
    this.#sends.clear();
    for (const { reject } of sends) reject(failure('closed', 'the connection was closed'));
    this.#change('closed', detail);
  }

  // #probe asks for any answer: not every dead connection closes.
  #probe(patience = this.#options.patience, longest = undefined) {
    this.#write({ op: 'history', id: this.#id(), of: 'all', before: 1, limit: 1 }); // there is none
    this.#watch(() => this.#closed(undefined, longest), patience);
  }
  #watch(then, ms) {
    clearTimeout(this.#timers.watch);
    this.#timers.watch = setTimeout(then, ms);
  }

  #change(state, detail) {
    this.state = state;
    this.#emit('state', { state, ...detail });
  }
  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
  #id() { return `${this.#prefix}-${++this.#lastId}`; }
  #write(request) { this.#socket.send(JSON.stringify(request)); }
  #ask(request) {
    if (this.state !== 'connected') return Promise.reject(failure('disconnected', 'not connected'));
    const id = this.#id();
    this.#write({ ...request, id });
    return new Promise((resolve, reject) => this.#requests.set(id, { resolve, reject }));
  }
  #transmit(send) {
    send.at ||= Date.now();
    if (Date.now() - send.at <= idLives) return this.#write(send.request);
    this.#sends.delete(send.request.id);
    send.reject(unconfirmed());
  }

  #receive(data) {
    const { event, ...e } = JSON.parse(data);
    this.#heard = Date.now();
    this.#woken = false;
    if (event === 'welcome') this.#welcome(e);
    if (this.state !== 'connected') return; // the welcome has it
    this.#watch(() => this.#probe(), this.#options.silence);
    if (event === 'message') this.#take(this.#named(e));
    else if (['online', 'offline', 'joined', 'left'].includes(event)) {
      if (event === 'left' && e.user === this.user) this.#part(e.group);
      this.#emit(event, e);
    } else if (event === 'typing') this.#emit(event, { conversation: this.#conversationOf(e.user, e.to), ...e });
    else if (event === 'mark') this.#marked(e);
    else if (event === 'topic') {
      if (e.text) this.topics.set(e.group, e.text);
      else this.topics.delete(e.group);
      this.#emit(event, e);
    } else if (e.id) this.#answered(event, e);
    else if (event === 'error') this.#binaryDone(({ reject }) => reject(failure(e.code, e.message))); // all others have an id
  }
  #answered(event, { id, ...e }) {
    const asked = this.#sends.get(id) ?? this.#requests.get(id);
    this.#sends.delete(id);
    this.#requests.delete(id);
    if (event === 'error') asked?.reject(failure(e.code, e.message));
    else asked?.resolve(e);
  }

  #nextBinary() {
    const [next] = this.#binaries;
    if (!next || this.state !== 'connected' || next.on === this.#socket || this.#behind()) return;
    next.on = this.#socket;
    const head = new TextEncoder().encode(`${next.to},`);
    const frame = new Uint8Array(head.length + next.bytes.length);
    frame.set(head);
    frame.set(next.bytes, head.length);
    this.#socket.send(frame);
  }
  #binaryDone(how) {
    if (!this.#binaries[0]?.on) return;
    how(this.#binaries.shift());
    this.#nextBinary();
  }
  // #isBinary: a message is the binary one under way.
  #isBinary({ from, to, data }) {
    const [now] = this.#binaries;
    if (!now?.on || from !== this.user || to !== now.to || data === undefined) return false;
    const sent = atob(data);
    return sent.length === now.bytes.length && now.bytes.every((byte, i) => byte === sent.charCodeAt(i));
  }

  #conversationOf(from, to) { return to === this.user && from ? from : to; }
  // #named gives each message but a binary one a text.
  #named({ event, id, ...m }, conversation = this.#conversationOf(m.from, m.to)) {
    return { conversation, ...(m.data === undefined && { text: '' }), ...m };
  }

  #welcome(e) {
    const first = this.#epoch === undefined;
    const anew = !first && this.#epoch !== e.epoch;
    const again = this.state === 'connected'; // a new epoch on the same connection
    const present = new Map(['all', ...e.groups].map((name) => [name, 0]).concat(Object.entries(e.conversations)));
    Object.assign(this, { user: e.user, state: 'connected', role: e.role ?? '', maxMessage: e.max_message, maxFile: e.max_file ?? 0 });
    this.marks = new Map(Object.entries(e.marks ?? {}));
    this.topics = new Map(Object.entries(e.topics ?? {}));
    this.#epoch = e.epoch;
    if (anew) {
      this.#conversations.clear();
      this.#held.clear();
      this.#present.clear();
    }
    for (const name of this.#conversations.keys()) if (isGroup(name) && !present.has(name)) this.#part(name);
    if (e.more) for (const [name, c] of this.#conversations) c.unsure = !c.away && !(name in e.conversations);
    for (const [name, until] of present) this.#begin(name, first && !this.#options.history ? until : 0, until, first).away = false;
    if (!again) {
      for (const send of [...this.#sends.values()]) this.#transmit(send); // before listeners can
      this.#change('connected');
    }
    if (anew) this.#emit('epoch', { epoch: e.epoch });
    this.#emit('welcome', e);
    this.#catchUp();
  }

  #begin(name, last, until, fresh = false) {
    const c = this.#conversations.get(name) ?? { last, until, fresh };
    c.until = Math.max(c.until, until);
    this.#conversations.set(name, c);
    return c;
  }
  #part(name) {
    const { last } = this.#conversations.get(name) ?? { last: 0 };
    this.#conversations.set(name, { last, until: last, away: true });
    this.#present.delete(name); // nobody tells what becomes of it
    this.topics.delete(name);
    for (const [key, m] of this.#held) if (m.conversation === name) this.#held.delete(key);
  }

  // A conversation that the welcome did not name is new, but a group may be old.
  #take(m) {
    if (!m.from && m.to === this.user) return this.#doubt(m.seq);
    const c = this.#begin(m.conversation, isGroup(m.conversation) ? m.seq - 1 : 0, m.seq);
    if (c.away ? m.seq > c.last : c.fresh && m.seq <= c.last) c.last = m.seq - 1;
    if (m.seq === c.last + 1) this.#deliver(c, m);
    else if (m.seq > c.last && this.#held.size < this.#options.maxHeld) this.#held.set(`${m.seq} ${m.conversation}`, m);
    if (c.last < c.until) this.#catchUp();
  }
  // #doubt asks for what the operator has deleted of what was sent to us: the deletion does not
  // say by whom.
  #doubt(seq) {
    for (const [name, c] of this.#conversations) c.unsure ||= name !== 'all' && !isGroup(name) && c.until < seq;
    this.#catchUp();
  }
  // #deliver delivers a message, and what was held back behind it. A message of a history is as
  // it reads up to a later seq.
  #deliver(c, m, as = 0) {
    c.fresh = c.away = false;
    while (m) {
      this.#held.delete(`${m.seq} ${m.conversation}`);
      c.last = m.seq;
      this.#keep(m, Math.max(as, m.seq));
      const changed = this.#amend(m);
      this.#emit('message', m);
      if (changed) this.#emit('change', changed);
      if (m.from === this.user && this.#read(m.conversation) === m.seq - 1) this.#marked({ of: m.conversation, read: m.seq });
      if (this.#isBinary(m)) this.#binaryDone(({ resolve }) => resolve({ seq: m.seq }));
      m = this.#held.get(`${c.last + 1} ${m.conversation}`);
    }
  }

  #read(name) { return this.marks.get(name)?.read ?? 0; }
  #marked({ of, ...all }) {
    const old = this.marks.get(of) ?? {};
    const isNew = ([key, value]) => (key === 'read' ? value > this.#read(of) : value !== undefined && value !== Boolean(old[key]));
    const changes = Object.fromEntries(Object.entries(all).filter(isNew));
    if (!Object.keys(changes).length) return;
    this.marks.set(of, Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value)));
    this.#emit('mark', { of, ...changes });
  }

  // #keep keeps the state of a message, if it is among the newest.
  #keep(message, as) {
    const most = this.#options.state;
    if (!most || amended(message)) return;
    const { conversation, seq } = message;
    const list = this.#present.get(conversation) ?? [];
    this.#present.set(conversation, list);
    const i = list.findLastIndex((each) => each.message.seq <= seq);
    if (list[i]?.message.seq !== seq) list.splice(i + 1, 0, { message, as });
    else if (list[i].as < as) list[i] = { message, as };
    if (list.length > most) list.shift();
  }
  // #amend returns what a message has become that is kept, and that m is about.
  #amend(m) {
    const seq = amended(m);
    const kept = seq && this.#present.get(m.conversation)?.findLast(({ message }) => message.seq === seq);
    if (!kept || kept.as >= m.seq) return;
    return Object.assign(kept, { message: amend(kept.message, m), as: m.seq }).message;
  }

  #behind() { return [...this.#conversations].find(([, c]) => c.last < c.until || c.unsure); }

  async #catchUp() {
    if (this.#catchingUp || this.state !== 'connected') return;
    this.#catchingUp = true;
    try {
      for (let next = this.#behind(); next; next = this.#behind()) await this.#fetch(...next);
      this.#nextBinary();
    } catch { // if it is the connection, the next welcome goes on
      if (this.state === 'connected') this.#timers.retry = setTimeout(() => this.#catchUp(), this.#options.firstWait);
    }
    this.#catchingUp = false;
  }

  async #fetch(name, c) {
    let messages = [];
    let as = 0;
    try {
      ({ messages, as } = await this.#history(name, { after: c.last, limit: 200 }));
    } catch (error) {
      if (!['not_member', 'forbidden', 'bad_target'].includes(error.code)) throw error;
      if (this.#conversations.get(name) === c) this.#part(name);
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
      if (from <= to) {
        this.#present.delete(conversation); // what became of it is lost, too
        this.#emit('gap', { conversation, from, to });
        if (this.#binaries[0]?.to === conversation) this.#binaryDone(({ reject }) => reject(unconfirmed()));
      }
      this.#deliver(c, this.#held.get(`${to + 1} ${conversation}`));
    }
  }
}
