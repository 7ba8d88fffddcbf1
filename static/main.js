import * as composer from './composer.js';
import { $, inTime, write } from './dom.js';
import { keep, kept } from './kept.js';
import { isUserId } from './names.js';
import { call, serve, settings, title } from './notify.js';
import * as pane from './pane.js';
import { Room } from './room.js';
import * as sidebar from './sidebar.js';
import { closeReason, errorText, language, speak, text } from './text.js';

await speak();

const page = document.body.dataset;
let room; // of who is or was connected
let token = ''; // in memory only
let now = { state: 'idle' }; // how the connection is
let due = 0; // ms at which it is tried again
let refused = false; // by a server that is there

function choose(name) {
  if (room.open) room.open.draft = composer.draft();
  const c = room.open = room.get(name);
  composer.setDraft(c.draft);
  pane.show(room);
  if (c.group) room.count(c);
  changed();
  page.pane = 'chat';
  $('text').focus();
}

const changed = inTime(() => {
  if (!room?.open) return;
  sidebar.show(room);
  pane.about();
  title([...room.conversations.values()].reduce((sum, { unread }) => sum + unread, 0));
});

// enter makes a new room, so that nothing of who was here before is seen.
function enter(user) {
  room?.chat.disconnect();
  room = new Room({ user, token }, {
    state,
    changed,
    welcome() {
      if (!token) keep('id', room.me);
      keep('enter', true);
      pane.redraw();
    },
    items: pane.items,
    arrived(c, item) {
      pane.arrived(c, item);
      if (!item.own && !pane.looking(c)) call(c, item, () => choose(c.name));
    },
  });
  choose('all');
  room.chat.connect();
}

function state(detail) {
  now = detail;
  due = Date.now() + (now.in ?? 0);
  const is = (state) => state === now.state;
  if (is('connected') || now.opened) refused = false;
  else if (is('waiting')) fetch('/healthz').then(({ ok }) => { refused = ok; }, () => { refused = false; }).then(say);
  const me = room?.me ?? '';
  page.state = now.state;
  $('login').hidden = me !== '';
  $('app').hidden = !me;
  $('name').readOnly = token || is('connecting');
  $('enter').disabled = is('connecting');
  $('disconnect').hidden = $('send').disabled = is('closed');
  write($('me'), me);
  $('me').title = me;
  if (is('connected') && ['', 'name', 'enter', 'now'].includes(document.activeElement.id)) $('text').focus();
  if (is('idle')) $('name').focus();
  say();
}

function say() {
  const { state } = now;
  const why = closeReason(now, refused);
  const said = {
    connecting: text.connecting,
    waiting: text.waiting(why, Math.max(0, Math.ceil((due - Date.now()) / 1000))),
    closed: text.closed(why),
  }[state] ?? '';
  for (const id of ['why', 'login-why']) write($(id), said);
  write($('more-why'), state === 'waiting' && room.waiting ? text.writesOn(room.waiting) : '');
  $('strip').hidden = !said;
  $('now').hidden = state === 'connecting';
  write($('now'), state === 'closed' ? text.connect : text.now);
  write($('enter'), state === 'waiting' ? text.now : text.connect);
}
setInterval(() => now.state === 'waiting' && say(), 500);

function connect() {
  const user = $('name').value.trim().normalize(); // an id is written in one way only
  const bad = !token && user && !isUserId(user);
  $('name').ariaInvalid = Boolean(bad);
  if (bad) write($('login-why'), text.badName);
  else if (room && !room.me && room.chat.user === user) room.chat.connect();
  else enter(token ? '' : user);
}

// readToken takes a token out of the address, and leaves what a link picks up on its way.
function readToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get('token')?.match(/[\w-]+(\.[\w-]+)*/);
  if (!found) return false;
  [token] = found;
  history.replaceState(null, '', location.pathname + location.search);
  return true;
}

function disconnect() {
  keep('enter', false);
  room.chat.disconnect();
}

async function translate() {
  await speak(language() === 'zh' ? 'en' : 'zh');
  composer.translate();
  pane.redraw();
  changed();
  say();
}

function refuse(promise) {
  composer.complain('');
  promise.catch((error) => composer.complain(errorText(error)));
}

$('now').onclick = () => room.chat.connect();
$('disconnect').onclick = disconnect;
$('join').onclick = () => refuse(room.chat.join(room.open.name));
$('leave').onclick = () => refuse(room.chat.leave(room.open.name));
$('back').onclick = () => { page.pane = 'list'; };
$('other-name').onclick = () => {
  $('options').close();
  disconnect();
  room = undefined;
  state({ state: 'idle' });
};
for (const each of document.querySelectorAll('.language')) each.onclick = translate;
$('login-form').onsubmit = (event) => {
  event.preventDefault();
  connect();
};
$('messages').addEventListener('click', ({ target }) => {
  const from = target.closest('.from');
  if (from) choose(from.dataset.open);
});
addEventListener('keydown', (event) => {
  if (!room?.me || document.querySelector('dialog[open]')) return;
  const { key, altKey, target } = event;
  const command = event.ctrlKey || event.metaKey;
  const step = altKey && { ArrowUp: -1, ArrowDown: 1 }[key];
  if (command && key === 'k') {
    page.pane = 'list';
    $('find').select();
  } else if (step) choose(sidebar.next(step));
  else if (key === 'Escape') {
    page.pane = 'chat';
    $('text').focus();
  } else {
    if (key.length === 1 && key > ' ' && !command && !altKey && [document.body, $('log')].includes(target)) $('text').focus(); // and type there
    return;
  }
  event.preventDefault();
});
addEventListener('hashchange', () => readToken() && enter(''));
for (const type of ['pagehide', 'visibilitychange']) addEventListener(type, () => room?.keepRead());

settings();
serve(choose);
sidebar.begin(choose);
pane.begin(changed);
composer.begin((what) => {
  room.send(room.open, what);
  say();
});
composer.translate();
state(now);
const given = readToken();
$('name').value = given ? '' : kept('id') ?? '';
if (given || kept('enter')) enter($('name').value);
