// A conversation: messages by number with notices between them, and behind those
// the own messages that have not come back.

import { amend, amended } from './chat.js';
import { isGroup } from './names.js';

const mostKept = 20000; // items; the oldest can be loaded again

export class Conversation {
  items = [];
  pending = []; // states: sending, sent or failed
  unread = 0;
  seen = 0; // the newest number that was read
  newest = 0; // number that has come
  at = 0; // ms of the last message
  draft = '';
  more = true; // there may be earlier messages
  loading = false;
  last; // message
  first; // item that was not read when this was opened
  members; // of a group: {users, count}
  #epoch = 0;
  #earliest; // number that was loaded
  #numbers = new Map(); // messages of this numbering

  constructor(name) {
    this.name = name;
    this.group = isGroup(name);
    this.personal = name !== 'all' && !this.group;
    this.joined = !this.group;
  }

  get all() { return this.items.concat(this.pending); }

  get oldest() { return this.#earliest ?? this.items.find((each) => each.seq && each.epoch === this.#epoch)?.seq; }

  // loaded notes the numbers of a history. Not all of them are items.
  loaded(messages) {
    this.#earliest = messages[0]?.seq;
    this.newest = Math.max(this.newest, messages.at(-1)?.seq ?? 0);
  }

  // take is put for what comes live: it may change another message.
  take(message) {
    const { seq } = message;
    this.newest = Math.max(this.newest, seq);
    const about = amended(message);
    if (!about) return this.put(message, true);
    if (!this.unread) this.seen = this.newest;
    const item = this.#numbers.get(about);
    if (!item) return;
    const { text, deleted } = amend(item, message);
    Object.assign(item, { text, stale: true });
    if (deleted) this.#remove(item);
  }
  #remove(item) {
    this.items = this.items.filter((each) => each !== item);
    if (this.unread && !item.own && item.seq > this.seen) this.unread--;
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
    Object.assign(item, { seq, at, file: message.file, epoch: this.#epoch, state: 'sent', stale: true });
    this.#numbers.set(seq, item);
    let place = this.items.length;
    while (place && this.#isAfter(this.items[place - 1], item, live)) place--;
    this.items.splice(place, 0, item);
    if (at >= this.at) [this.at, this.last] = [at, item];
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
    [this.more, this.#earliest] = [true, undefined];
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
    this.items.push(...this.pending.filter(({ seq }) => seq));
    this.pending = this.pending.filter(({ seq }) => !seq);
    Object.assign(this, { more: false, seen: 0, newest: 0 });
    this.#earliest = undefined;
  }

  read() {
    this.unread = 0;
    this.seen = Math.max(this.seen, this.newest);
  }
}
