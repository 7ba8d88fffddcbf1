// A client of wschat's JSON protocol, for pages and Node. hub/PROTOCOL.md shows its use,
// events and error codes.
//
// From the first welcome on, each message of a conversation ('all', a group, or the
// other user) is delivered exactly once and in order, lost connections or not. (A group
// joined just before a break may come with what it had before.)
const defaults = {
  url: undefined, // undefined: /socket where this file is from
  user: '', // '': the server gives an id
  token: '', // what no header can carry ends in closed
  history: false, // true: the first connection delivers what is kept
  maxSends: 1000, // sends that wait for their ack
  maxHeld: 1000, // messages behind missing ones; more are fetched again
  firstWait: 1000, // ms, at most, before coming back; doubled each time
  longestWait: 30000, // ms
  settled: 10000, // ms of connection after which waits begin anew
  silence: 30000, // ms before a silent server is asked for an answer
  patience: 10000, // ms for that answer, and for the welcome
  random: Math.random, // the part of its bound that a wait lasts
};
const idLives = 9 * 60000; // ms; servers remember ids for 10 minutes
const isGroup = (name) => name.startsWith('group');
const failure = (code, message) => Object.assign(new Error(message), { code });
const unconfirmed = () => failure('unconfirmed', 'perhaps it was delivered');
// PROTOCOL section 4.
const comesBack = (code) => [1001, 1006, 1011].includes(code) || (code >= 4100 && code <= 4199);

export class Chat extends EventTarget {
  user; // if it was '', from the first welcome
  token; // may be replaced, for the next connection
  state = 'closed';
  #options;
  #socket = null;
  #opened = 0; // when the socket did
  #attempt = 0;
  #timers = {}; // next (attempt), watch (over silence), retry (of catching up)
  #epoch;
  // last: the newest seq delivered or from before our time; until: the newest known of;
  // fresh: what comes live is delivered even if it is not after last; away: not a member;
  // unsure: the welcome had no room for it, so there may be more.
  #conversations = new Map();
  #held = new Map(); // messages behind missing ones, by `${seq} ${conversation}`
  #catchingUp = false;
  #prefix = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('');
  #lastId = 0;
  #sends = new Map(); // by id, in the order of the calls: {request, at, resolve, reject}
  #requests = new Map(); // likewise: {resolve, reject}
  #binaries = []; // {to, bytes, on: its socket, resolve, reject}; one at a time
  #online = () => this.state === 'waiting' && this.#open();

  constructor(options = {}) {
    super();
    this.#options = { ...defaults, ...options };
    ({ user: this.user, token: this.token } = this.#options);
  }
  // connect connects at once, also while waiting, and comes back after each break.
  connect() {
    if (this.#socket) return;
    if (this.state === 'closed') this.#attempt = 0;
    globalThis.addEventListener?.('online', this.#online);
    this.#open();
  }
  // disconnect also ends the sends that wait.
  disconnect() {
    if (this.state !== 'closed') this.#end({ code: 1000, reason: '', opened: this.#opened > 0 });
  }

  // send resolves to {seq, offline} once the message is as safe as the server makes it;
  // offline: its user is away. Sends outlast broken connections, in the order of the calls.
  send(to, text) {
    return this.#wait(this.#sends.size, (resolve, reject) => {
      const done = ({ seq, offline = false }) => resolve({ seq, offline });
      const send = { request: { op: 'send', id: this.#id(), to, text }, at: 0, resolve: done, reject };
      this.#sends.set(send.request.id, send);
      if (this.state === 'connected') this.#transmit(send);
    });
  }

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

  // who resolves to {users, count}: online, or in a group; users: the first 1,000.
  async who(group) { return this.#ask({ op: 'who', group }); }

  // history resolves to {messages, more}: the newest, the newest before a seq, or the
  // oldest after one, in order; limit: 50, at most 200.
  async history(of, { before, after, limit } = {}) {
    const { messages, more } = await this.#ask({ op: 'history', of, before, after, limit });
    return { messages: messages.map((m) => this.#named(m)), more };
  }

  #open() {
    this.#drop();
    const url = new URL(this.#options.url ?? '/socket', import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    if (this.user) url.searchParams.set('userId', this.user);
    this.#opened = 0;
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
    const socket = this.#socket;
    this.#socket = null; // first, so that late events mean nothing
    socket?.close(1000);
    for (const { reject } of this.#requests.values()) reject(failure('disconnected', 'the connection broke'));
    this.#requests.clear();
  }

  #closed({ code, reason } = { code: 1006, reason: '' }) {
    const opened = this.#opened > 0;
    if (!comesBack(code)) return this.#end({ code, reason, opened });
    this.#drop();
    const { firstWait, longestWait, settled, random } = this.#options;
    if (opened && Date.now() - this.#opened >= settled) this.#attempt = 0;
    // Chance spreads the clients of a server that fell.
    const wait = random() * Math.min(longestWait, firstWait * 2 ** this.#attempt++);
    this.#timers.next = setTimeout(() => this.#open(), wait);
    this.#change('waiting', { in: wait, attempt: this.#attempt, code, reason, opened });
  }
  #end(detail) {
    globalThis.removeEventListener?.('online', this.#online);
    this.#drop();
    const sends = [...this.#sends.values(), ...this.#binaries.splice(0)];
    this.#sends.clear();
    for (const { reject } of sends) reject(failure('closed', 'the connection was closed'));
    this.#change('closed', detail);
  }

  // #probe asks for any answer: not every dead connection closes.
  #probe() {
    this.#write({ op: 'history', id: this.#id(), of: 'all', limit: 1 });
    this.#watch(() => this.#closed(), this.#options.patience);
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
    if (event === 'welcome') this.#welcome(e);
    if (this.state !== 'connected') return; // the welcome has it
    this.#watch(() => this.#probe(), this.#options.silence);
    if (event === 'message') this.#take(this.#named(e));
    else if (['online', 'offline', 'joined', 'left'].includes(event)) {
      if (event === 'left' && e.user === this.user) this.#part(e.group);
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

  #named({ seq, from, to, text = '', data, time }) {
    const conversation = to === 'all' || isGroup(to) || from === this.user ? to : from;
    return { conversation, seq, from, to, ...(data === undefined ? { text } : { data }), time };
  }

  #welcome(e) {
    const first = this.#epoch === undefined;
    const anew = !first && this.#epoch !== e.epoch;
    const again = this.state === 'connected'; // a new epoch on the same connection
    const present = new Map(['all', ...e.groups].map((name) => [name, 0]).concat(Object.entries(e.conversations)));
    Object.assign(this, { user: e.user, state: 'connected' });
    this.#epoch = e.epoch;
    if (anew) {
      this.#conversations.clear();
      this.#held.clear();
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
    for (const [key, m] of this.#held) if (m.conversation === name) this.#held.delete(key);
  }

  // A conversation that the welcome did not name is new, but a group may be old.
  #take(m) {
    const c = this.#begin(m.conversation, isGroup(m.conversation) ? m.seq - 1 : 0, m.seq);
    if (c.away ? m.seq > c.last : c.fresh && m.seq <= c.last) c.last = m.seq - 1;
    if (m.seq === c.last + 1) this.#deliver(c, m);
    else if (m.seq > c.last && this.#held.size < this.#options.maxHeld) this.#held.set(`${m.seq} ${m.conversation}`, m);
    if (c.last < c.until) this.#catchUp();
  }
  // #deliver delivers a message, and what was held back behind it.
  #deliver(c, m) {
    c.fresh = c.away = false;
    while (m) {
      this.#held.delete(`${m.seq} ${m.conversation}`);
      c.last = m.seq;
      this.#emit('message', m);
      if (this.#isBinary(m)) this.#binaryDone(({ resolve }) => resolve({ seq: m.seq }));
      m = this.#held.get(`${c.last + 1} ${m.conversation}`);
    }
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
    try {
      ({ messages } = await this.history(name, { after: c.last, limit: 200 }));
    } catch (error) {
      if (!['not_member', 'forbidden', 'bad_target'].includes(error.code)) throw error;
      if (this.#conversations.get(name) === c) this.#part(name);
    }
    if (this.#conversations.get(name) !== c) return; // left, or a new epoch
    for (const m of messages) {
      this.#reach(name, c, m.seq);
      if (m.seq > c.last) this.#deliver(c, m);
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
        this.#emit('gap', { conversation, from, to });
        if (this.#binaries[0]?.to === conversation) this.#binaryDone(({ reject }) => reject(unconfirmed()));
      }
      this.#deliver(c, this.#held.get(`${to + 1} ${conversation}`));
    }
  }
}
