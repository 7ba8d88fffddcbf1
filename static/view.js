// The page's document. Whatever comes from the network is set as text only.

import { closeReason, label } from './text.js';

// At most this many messages are in the document; the oldest make room.
const mostMessages = 2000;
const nearEnd = 40; // px from the end that still count as reading the end

const $ = (id) => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// hue gives each id a colour of its own that stays the same.
function hue(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 3600;
  return sum / 10;
}

export class View {
  #text;
  #clock;
  #atEnd = true;
  #endTop = 0; // where the last scroll to the end led
  #unseen = 0; // below the visible part of the list
  #unread = 0; // since the page was hidden
  #epoch = 0; // counts them
  #shown = new Map(); // messages by epoch, conversation and seq
  #order = new WeakMap(); // of each item: {at: ms, conversation, seq}
  #me = '';

  // choose(to) is called when a destination is clicked.
  constructor(text, choose) {
    this.#text = text;
    this.#clock = new Intl.DateTimeFormat(text.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    this.#translate();
    this.#watchEnd();
    const chosen = ({ target }) => {
      const { user, to, from } = target.closest('button')?.dataset ?? {};
      if (user ?? to ?? from) choose(user ?? to ?? from);
    };
    for (const id of ['destinations', 'people', 'messages']) $(id).addEventListener('click', chosen);
    $('choose').addEventListener('click', () => this.openSide($('choose').ariaExpanded !== 'true'));
    addEventListener('keydown', (event) => event.key === 'Escape' && this.openSide(false));
    document.addEventListener('visibilitychange', () => this.#title(0));
  }

  #translate() {
    document.documentElement.lang = this.#text.lang;
    for (const [key, property] of [['text', 'textContent'], ['label', 'ariaLabel'], ['placeholder', 'placeholder']]) {
      for (const each of document.querySelectorAll(`[data-${key}]`)) each[property] = this.#text[each.dataset[key]];
    }
    for (const each of document.querySelectorAll('#destinations button')) this.#labelDestination(each, false);
  }

  label(to) {
    return label(this.#text, to, this.#me);
  }

  // state shows what the connection told, and offers what can be done about it.
  state(now, me) {
    const { state, code } = now;
    const text = this.#text;
    this.#me = me;
    const say = {
      idle: () => text.idle,
      connecting: () => text.connecting,
      connected: () => text.connected(me),
      waiting: () => text.waiting(closeReason(text, now), Math.max(1, Math.round(now.in / 1000))),
      closed: () => (code === 1000 ? text.idle : text.disconnected(closeReason(text, now))),
    };
    $('state').textContent = say[state]();
    Object.assign($('state').dataset, { state, code: code ?? '' });
    // Who is busy elsewhere on the page keeps the focus.
    const idle = document.activeElement === document.body || $('session').contains(document.activeElement);
    const away = state === 'idle' || state === 'closed';
    $('connect').hidden = state === 'connected' || state === 'connecting';
    $('connect').textContent = state === 'waiting' ? text.connectNow : text.connect;
    $('disconnect').hidden = away;
    $('userId').readOnly = !away;
    $('send').disabled = away;
    for (const id of ['history', 'refresh', 'joinGroup', 'leaveGroup']) $(id).disabled = state !== 'connected';
    if (idle && state === 'connected') $('text').focus();
    if (idle && state === 'closed') $('connect').focus();
  }

  // clear empties the list.
  clear() {
    this.#shown.clear();
    $('messages').replaceChildren();
  }

  // epoch: from now on numbers are others than those shown.
  epoch() {
    this.#epoch++;
  }

  // message shows a message in its place, once. live: it has just arrived, or
  // was missed.
  message(m, live) {
    const { conversation, seq, own } = m;
    const key = this.#key(m);
    const known = this.#shown.get(key);
    const item = known ?? this.#item(m);
    this.#shown.set(key, item);
    const time = new Date(m.time);
    item.querySelector('time').replaceWith(this.#time(time));
    this.#place(item, { at: time.getTime(), conversation: `${this.#epoch} ${conversation}`, seq });
    if (!live || known || own) return;
    if (!this.#atEnd) this.#offerNewest(this.#unseen + 1);
    this.#title(1);
  }

  // sending shows an own message on its way, and returns its element.
  sending(m) {
    const item = this.#item({ ...m, own: true });
    item.dataset.state = 'sending';
    this.#append(item);
    return item;
  }

  // sent: it is the message with this seq in this conversation.
  sent(item, m) {
    item.dataset.state = 'sent';
    const known = this.#shown.get(this.#key(m));
    if (known && known !== item) known.remove(); // came as history meanwhile
    this.#shown.set(this.#key(m), item);
  }

  failed(item, why) {
    item.dataset.state = 'failed';
    item.append(element('div', { className: 'why' }, why));
    if (this.#atEnd) this.#toEnd();
  }

  // notice shows a quiet line, or an error.
  notice(sentence, kind = 'notice') {
    const item = element('li', {}, this.#time(), element('div', { className: 'body' }, sentence));
    Object.assign(item.dataset, { kind, from: '', to: '' });
    this.#append(item);
  }

  #key({ conversation, seq }) {
    return `${this.#epoch} ${conversation} ${seq}`;
  }

  #item({ from, to, body, own, binary = false }) {
    const item = element('li');
    Object.assign(item.dataset, { kind: own ? 'own' : 'message', from, to });
    if (binary) item.dataset.binary = '';
    const name = element('button', { type: 'button', className: 'from', title: from, tabIndex: -1 }, element('bdi', {}, from));
    name.dataset.from = from;
    name.style.setProperty('--hue', hue(from));
    const shown = this.label(to);
    item.append(
      this.#time(),
      element('span', { className: 'who' }, name, element('span', { className: 'arrow' }, ' → '), element('bdi', { title: shown }, shown)),
      element('div', { className: 'body', dir: 'auto' }, body),
    );
    return item;
  }

  #time(time = new Date()) {
    return element('time', { dateTime: time.toISOString(), title: time.toLocaleString(this.#text.lang) }, this.#clock.format(time));
  }

  // #append puts what has no number at the end of what there is.
  #append(item) {
    const last = this.#order.get($('messages').lastElementChild);
    this.#place(item, { at: last?.at ?? 0 });
  }

  // #place puts an item behind all that is older: by number within a
  // conversation, otherwise by the server's time.
  #place(item, order) {
    const list = $('messages');
    const older = (each) => {
      const { at, conversation, seq } = this.#order.get(each);
      return seq && conversation === order.conversation ? seq < order.seq : at <= order.at;
    };
    this.#order.set(item, order);
    let after = list.lastElementChild;
    while (after && (after === item || !older(after))) after = after.previousElementSibling;
    if (!item.isConnected || item.previousElementSibling !== after) {
      if (after) after.after(item);
      else list.prepend(item);
    }
    while (list.childElementCount > mostMessages) this.#remove(list.firstElementChild);
    if (this.#atEnd) this.#toEnd();
  }

  #remove(item) {
    item.remove();
    const { conversation, seq } = this.#order.get(item);
    if (seq) this.#shown.delete(`${conversation} ${seq}`);
  }

  // #toEnd scrolls once a frame, however many messages came in it.
  #frame = 0;
  #toEnd() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      $('log').scrollTop = $('log').scrollHeight;
      this.#endTop = $('log').scrollTop;
    });
  }

  #watchEnd() {
    const log = $('log');
    log.addEventListener('scroll', () => {
      // The end may have moved on since; who has not scrolled up still reads it.
      const end = Math.min(log.scrollHeight - log.clientHeight, this.#endTop);
      this.#atEnd = log.scrollTop > end - nearEnd;
      if (!this.#atEnd) this.#endTop = Infinity;
      log.classList.toggle('away', !this.#atEnd);
      if (this.#atEnd) this.#unseen = 0;
      this.#offerNewest(this.#unseen);
    }, { passive: true });
    new ResizeObserver(() => this.#atEnd && this.#toEnd()).observe(log);
    $('newest').addEventListener('click', () => this.scrollToEnd());
  }

  scrollToEnd() {
    this.#atEnd = true;
    this.#offerNewest(this.#unseen = 0);
    this.#toEnd();
    $('text').focus();
  }

  #offerNewest(unseen) {
    this.#unseen = unseen;
    $('newest').hidden = this.#atEnd;
    $('newest').textContent = this.#text.newest(unseen);
  }

  #title(more) {
    this.#unread = document.hidden ? this.#unread + more : 0;
    document.title = this.#unread ? `(${this.#unread}) wschat` : 'wschat';
  }

  // destination marks where the next message goes.
  destination(to) {
    const was = $('to').dataset.to;
    $('to').dataset.to = to;
    $('to').textContent = this.label(to);
    for (const id of [was, to]) this.#press(id);
    if (to.startsWith('group')) {
      $('groupName').value = to;
      $('groupName').dispatchEvent(new Event('input')); // a complaint about the old value is over
    }
    this.openSide(false);
  }

  #press(to) {
    for (const each of document.querySelectorAll('aside li button')) {
      if ((each.dataset.to ?? each.dataset.user) === to) each.ariaPressed = String(to === $('to').dataset.to);
    }
  }

  #group(name) {
    return $('destinations').querySelector(`[data-to="${CSS.escape(name)}"]`);
  }

  // group shows a group among the destinations, and whether one is in it.
  group(name, joined) {
    let button = this.#group(name);
    if (!button) {
      button = element('button', { type: 'button' });
      button.dataset.to = name;
      $('destinations').append(element('li', {}, button));
    }
    this.#labelDestination(button, joined);
  }

  removeGroup(name) {
    const button = this.#group(name);
    if (name === 'groupA' || name === 'groupB') this.#labelDestination(button, false);
    else button?.parentElement.remove();
  }

  #labelDestination(button, joined) {
    const { to } = button.dataset;
    button.replaceChildren(element('bdi', {}, this.label(to)));
    button.title = to === 'all' ? '' : to;
    if (joined) button.append(element('small', {}, this.#text.joinedMark));
    button.ariaPressed = String(to === $('to').dataset.to);
  }

  // people shows the whole list; insertPerson and removePerson one change of it.
  people(people) {
    $('people').replaceChildren(...people.users.map((user) => this.#person(user)));
    this.countPeople(people);
  }

  insertPerson(user, at) {
    const list = $('people');
    list.insertBefore(this.#person(user), list.children[at] ?? null);
  }

  removePerson(at) {
    $('people').children[at].remove();
  }

  countPeople({ users, count }) {
    const hidden = count - users.length;
    $('count').textContent = count || '';
    $('more').hidden = count > 0 && hidden <= 0;
    $('more').textContent = count ? this.#text.more(hidden) : this.#text.nobody;
  }

  #person(user) {
    const button = element('button', { type: 'button', title: user }, element('bdi', {}, user));
    button.dataset.user = user;
    button.ariaPressed = String(user === $('to').dataset.to);
    if (user === this.#me) button.append(element('small', {}, this.#text.you));
    return element('li', {}, button);
  }

  // openSide matters on a narrow screen, where the side lies over the messages.
  openSide(open) {
    $('choose').ariaExpanded = String(open);
    $('side').classList.toggle('open', open);
  }
}
