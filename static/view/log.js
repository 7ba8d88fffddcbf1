// The messages of the open conversation: where the reader is in them, and what has been read.

import { app, on, open } from '../state/app.js';
import { attempt } from '../state/attempt.js';
import { summary, text } from '../words/text.js';
import { $, inTime, write } from './dom.js';
import { edit, focus } from './composer.js';
import { enlarge, forget } from './file.js';
import { row } from './row.js';
import * as list from './windowed.js';

const above = 70; // px that are shown above the first unread message
const said = []; // messages to be read out
let shown; // the conversation that is drawn
let lastOwn; // item that the server has
let moved; // the reader has, since it was opened
let actions; // once somebody comes near a message
let beginning; // once somebody comes near one

export function begin() {
  list.begin({
    items,
    draw: (item, before) => {
      const li = row(item, before, {
        mine: app.session.mine, me: app.session.me, first: shown.first, lastOwn, quoted: ({ reply }) => shown.message(reply),
      });
      return actions?.keep(li, item) ?? li;
    },
    drop: forget,
  });
  for (const type of ['pointerover', 'pointerdown', 'focusin']) $('log').addEventListener(type, nearMessage);
  $('messages').onclick = click;
  // Up and down lead from message to message, Tab to what can be done.
  $('log').onkeydown = (event) => {
    const step = !event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    withActions(() => actions.step(step, event.target));
  };
  $('newest').onclick = () => {
    list.follow();
    focus();
  };
  $('text').addEventListener('keydown', (event) => {
    const page = { PageUp: -1, PageDown: 1 }[event.key];
    if (!page) return;
    event.preventDefault();
    moved = true;
    $('log').scrollBy(0, page * 0.9 * $('log').clientHeight);
  });
  for (const type of ['visibilitychange', 'focus']) addEventListener(type, look);
  $('log').addEventListener('scroll', look);
  for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown']) $('log').addEventListener(type, () => { moved = true; }, { passive: true });
  on('session open', show);
  on('welcome language marked day', redraw);
  on('visited', (c) => {
    if (c !== shown) return;
    if (!moved) toPlace();
    for (const li of $('messages').children) li.classList.toggle('sought', Boolean(app.at) && li.item.seq === app.at);
    app.at = undefined;
    look();
  });
  on('items', (c) => {
    if (c !== shown) return;
    const isCatchingUp = c.shown < c.newest;
    if (c.first?.seq > c.read && (document.hidden || isCatchingUp)) list.hold(c.first, above);
    list.changed();
    look();
  });
  on('arrived', arrived);
}

function items() {
  const all = shown?.all ?? [];
  const last = all.findLast(({ own, state }) => own && state === 'sent');
  if (last !== lastOwn) for (const item of [last, lastOwn]) if (item) item.stale = true;
  lastOwn = last;
  return all;
}

function show() {
  if (shown) shown.place = list.place();
  shown = app.open;
  moved = false;
  list.redraw(); // what was drawn for somebody else is not
  if (shown) toPlace();
  look();
}
function redraw() {
  list.redraw();
  look();
}

// toPlace goes to the message of the address, to the first unread one, or to where the reader was.
function toPlace() {
  const item = shown.message(app.at);
  if (item) {
    list.go({ item, offset: $('log').clientHeight / 3 });
    [...$('messages').children].find((each) => each.item === item)?.focus({ preventScroll: true });
  } else if (shown.first && shown.unread) list.go({ item: shown.first, offset: above });
  else if (shown.place) list.go(shown.place);
  else list.follow();
}

// What the buttons of a message do.
function click({ target }) {
  const { item } = target.closest('#messages > li') ?? {};
  const button = target.closest('button');
  const { open: name, retry, edit: again, discard, more, picture } = button?.dataset ?? {};
  if (name !== undefined) open(name);
  if (retry !== undefined) app.session.sending.retry(shown, item);
  if (discard !== undefined || again !== undefined) app.session.sending.discard(shown, item);
  if (again !== undefined) edit(item.text);
  if (more) {
    [item.length, item.stale] = [Number(more), true];
    list.changed();
  }
  if (item && button) withActions(() => actions.act(button, item, shown));
  if (picture !== undefined) enlarge(item);
}

// withActions loads what can be done with a message, of which most readers need nothing.
// Once it is there, then is done at once: what is typed next may depend on it.
function withActions(then) {
  if (actions) return void then();
  import('./actions.js').then((loaded) => {
    if (!actions) loaded.begin();
    actions = loaded;
    then();
  }, (why) => attempt(() => { throw why; })); // there is no network now
}

// nearMessage is for the first time; then actions.js hears of that itself. A finger that still
// presses is heard again.
function nearMessage(event) {
  if (actions) return;
  const { type, target, pointerType } = event;
  let up;
  for (const end of ['pointerup', 'pointercancel']) $('log').addEventListener(end, () => { up = true; }, { once: true });
  withActions(() => {
    if (pointerType !== 'touch') return target.closest('#messages > li') && actions.show(target);
    if (type === 'pointerdown' && !up) $('messages').onpointerdown(event);
  });
}

const isWatched = () => !document.hidden && document.hasFocus() && $('log').clientHeight > 0;

// looking: the user sees what comes.
export const looking = (c) => c === shown && list.atEnd && isWatched();

function arrived(c, item) {
  if (item.own) {
    if (c === shown) list.follow();
    return;
  }
  const missed = !isWatched() || item.seq < c.newest; // others know of newer ones already
  if (c === shown && c.unread === 1 && (missed || !list.atEnd)) c.begins(item);
  if (c === shown || c.personal || item.mentions) {
    said.push(item);
    speak();
  }
}

const speak = inTime(() => {
  const now = said.splice(0);
  const each = now.map((item) => text.says(item.from, summary(item)));
  $('said').textContent = now.length > 3 ? text.newMessages(now.length) : each.join('\n');
});

// look notes what has been read, and fetches what is soon to be.
const look = inTime(() => {
  const [{ session }, c] = [app, shown];
  if (!session || !c) return;
  if ($('log').clientHeight && $('log').scrollTop < 600) session.loading.load(c);
  if (isWatched() && !c.visiting) session.read(c, list.atEnd ? c.shown : c.numberOf(list.lastInSight()));
  $('newest').hidden = list.atEnd;
  write($('newest'), text.newest(c.unread));
  if (!c.items.length || !c.isWhole) write($('earlier'), c.loading ? text.loading : c.more || !c.items.length ? '' : text.notKept);
  card(c);
});

// card draws what is above the first message of a conversation.
function card(c) {
  if (beginning) beginning.card(c);
  else if (!c.more || !c.all.length) {
    import('./card.js').then((loaded) => { beginning = loaded; }).then(look, () => {}); // there may be no network
  }
}
