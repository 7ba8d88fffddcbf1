// A conversation: messages by number with notices between them, and behind those
// the own messages that have not come back.

import { amended } from '../chat.js';
import { isGroup } from './kinds.js';

const mostKept = 20000; // items; the oldest can be loaded again

export class Conversation {
  items = [];
  pending = []; // states: sending, sent or failed
  read = 0; // up to this number everything has been read
  newest = 0; // number that is known of
  shown = 0; // newest number that has come
  at = 0; // ms of the last message
  draft = '';
  files = []; // chosen, not sent
  more = true; // there may be earlier messages
  loading; // earlier messages: a promise
  last; // message
  first; // item that was not read when this was opened: a line is above it
  place; // where the reader was when another was opened; undefined: at the end
  members; // of a group, who are online: {users, count}
  away; // of a group, the others: likewise
  replying; // item
  editing; // {item, words}
  typing = new Map(); // timers by user
  #epoch = 0;
  #earliest; // number that was loaded
  #numbers = new Map(); // messages of this numbering
  #unread; // as counted; undefined: to be counted

  constructor(name) {
    this.name = name;
    this.group = isGroup(name);
    this.personal = name !== 'all' && !this.group;
    this.joined = !this.group;
  }

  get all() { return this.items.concat(this.pending); }

  get oldest() { return this.#earliest ?? this.items.find((each) => each.seq && each.epoch === this.#epoch)?.seq; }

  message(seq) { return this.#numbers.get(seq); }
  // numberOf is an item's number, or that of the last message before it.
  numberOf(item) {
    for (let i = this.items.lastIndexOf(item); i >= 0; i--) if (this.items[i].seq) return this.items[i].epoch === this.#epoch ? this.items[i].seq : 0;
    return 0;
  }

  // unread counts the messages of others behind read. Of what has not been loaded, every number
  // counts, for it may be a message.
  get unread() { return this.#unread ??= this.#countUnread(); }
  #countUnread() {
    let count = 0;
    for (let i = this.items.length - 1; i >= 0; i--) {
      const item = this.items[i];
      if (item.seq && (item.epoch !== this.#epoch || item.seq <= this.read)) break;
      if (this.#isUnread(item)) count++;
    }
    const unknown = this.more ? (this.oldest ?? this.newest + 1) - 1 - this.read : 0;
    return count + Math.max(0, unknown);
  }
  #isUnread({ seq, own, epoch }) { return seq > this.read && !own && epoch === this.#epoch; }
  // isCalled: an unread message mentions the user.
  get isCalled() { return this.unread > 0 && this.items.some((each) => each.mentions && this.#isUnread(each)); }
  // firstUnread is the first item that has not been read, if it is loaded.
  get firstUnread() { return this.unread ? this.items.find((each) => this.#isUnread(each)) : undefined; }

  // begins puts the line above what is new, if anything is.
  begins(first) {
    if (first === this.first) return;
    for (const item of [this.first, first]) if (item) item.stale = true;
    this.first = first;
  }

  // readTo moves read forward, and tells whether that is news.
  readTo(seq) {
    if (!(seq > this.read)) return false;
    this.read = seq;
    this.#unread = undefined;
    return true;
  }

  // knows notes what the welcome says: the newest number, and what has been read on any device.
  knows({ newest = 0, read = 0 }) {
    this.newest = Math.max(this.newest, newest);
    this.#unread = undefined;
    this.readTo(read);
  }

  // loaded notes the numbers of a history. Not all of them are items.
  loaded(messages, more) {
    this.#earliest = messages[0]?.seq ?? this.#earliest;
    this.#came(messages.at(-1)?.seq ?? 0);
    this.more = more;
    this.#unread = undefined;
  }
  // isWhole: this has begun with the first message that is loaded; else older ones are lost.
  get isWhole() { return !this.more && (this.oldest ?? 1) === 1; }

  // take is put for what comes live. What changes another message is not a message of its own.
  take(message) {
    if (message.seq <= this.newest) this.#unread = undefined; // counted already, as a number
    this.#came(message.seq);
    return amended(message) ? undefined : this.put(message, true);
  }
  #came(seq) {
    this.shown = Math.max(this.shown, seq);
    this.newest = Math.max(this.newest, seq);
  }
  // change makes an item what its message has become.
  change(message) {
    const item = this.#numbers.get(message.seq);
    if (!item) return;
    for (const each of this.items) if (each.reply === item.seq) each.stale = true;
    if (message.deleted) return this.#remove(item);
    const { text, edited, reactions } = message;
    Object.assign(item, { text, edited, reactions, stale: true });
  }
  #remove(item) {
    this.#numbers.delete(item.seq);
    if (this.replying === item) this.replying = undefined;
    if (this.editing?.item === item) this.editing = undefined;
    this.items = this.items.filter((each) => each !== item);
    this.#unread = undefined;
    if (this.first === item) this.begins(this.firstUnread);
    if (this.last === item) this.last = this.items.findLast(({ seq }) => seq);
  }

  // put returns the item of a message that was not known. A live one has just
  // arrived, so it may be one that is under way.
  put(message, live) {
    const { seq, at } = message;
    let item = message;
    const says = (p) => (message.file ? p.file?.id === message.file.id : p.text === message.text);
    const same = (p) => p.seq === seq || (live && !p.seq && p.state === 'sending' && says(p));
    const own = message.own ? this.pending.findIndex(same) : -1;
    if (own >= 0) [item] = this.pending.splice(own, 1);
    if (this.#numbers.has(seq) || this.#isTwice(message)) return;
    const { file, edited, reactions, text } = message;
    Object.assign(item, { seq, at, file, edited, reactions, text, epoch: this.#epoch, state: 'sent', stale: true });
    this.#numbers.set(seq, item);
    let place = this.items.length;
    while (place && this.#isAfter(this.items[place - 1], item, live)) place--;
    this.items.splice(place, 0, item);
    if (!live) this.#unread = undefined;
    else if (this.#unread !== undefined) this.#unread += this.#isUnread(item);
    if (!this.last || this.last.epoch !== item.epoch || item.seq > this.last.seq) [this.at, this.last] = [at, item];
    if (this.items.length > mostKept) this.#trim();
    return item;
  }
  // #isTwice: the sender of a file sends it again if he cannot know that it came.
  #isTwice({ file, from }) { return file?.id && this.items.some((each) => each.from === from && each.file?.id === file.id); }
  #isAfter(item, { seq, at }, live) {
    return item.seq ? item.epoch === this.#epoch && item.seq > seq : !live && item.at > at;
  }
  #trim() {
    for (const { seq, epoch } of this.items.splice(0, mostKept / 4)) {
      if (epoch === this.#epoch) this.#numbers.delete(seq);
    }
    [this.more, this.#earliest, this.#unread] = [true, undefined, undefined];
  }

  // acked notes the number of an own message, which may have come already.
  acked(item, { seq, offline }) {
    Object.assign(item, { seq, offline, state: 'sent', stale: true });
    const known = this.#numbers.get(seq);
    if (!known) return;
    Object.assign(known, { offline, stale: true });
    if (known !== item) this.pending = this.pending.filter((each) => each !== item);
  }

  // note puts a notice at the end. Who came and went is told in one.
  note({ came, went, lost }) {
    let notice = this.items.at(-1);
    if (notice?.kind !== 'notice' || notice.lost || lost) {
      notice = { kind: 'notice', at: Date.now(), came: new Set(), went: new Set(), lost };
      this.items.push(notice);
    }
    const [to, from, user] = came ? [notice.came, notice.went, came] : [notice.went, notice.came, went];
    if (user && !from.delete(user)) to.add(user); // who went and came was not away
    if (!lost && !notice.came.size && !notice.went.size) this.items.pop();
    notice.stale = true;
  }

  anew() {
    this.#epoch++;
    this.#numbers.clear();
    this.replying = this.editing = undefined;
    this.items.push(...this.pending.filter(({ seq }) => seq));
    this.pending = this.pending.filter(({ seq }) => !seq);
    Object.assign(this, { more: false, read: 0, newest: 0, shown: 0 });
    this.#earliest = this.#unread = undefined;
  }
}
