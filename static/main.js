// Wires the page: who one is, the connection, and what is open.

import { Composer } from './composer.js';
import { $, inTime, write } from './dom.js';
import { keep, kept } from './kept.js';
import { groupName, isGroup, isUserId } from './names.js';
import { ask, beep, call, title } from './notify.js';
import { Pane } from './pane.js';
import { Room } from './room.js';
import { Sidebar } from './sidebar.js';
import { closeReason, errorText, language, shown, speak, text } from './text.js';

await speak();

let room; // of who is or was connected
let open; // conversation
let token = ''; // in memory only
let detail = { state: 'idle' }; // of the connection
let due = 0; // ms at which it is tried again
let refused = false; // the server is there, but does not let one in

const pane = new Pane();
const sidebar = new Sidebar(choose);
const composer = new Composer((what) => room.send(open, what));

// choose opens a conversation.
function choose(name, quietly) {
  if (open) open.draft = composer.draft;
  open = room.get(name);
  composer.draft = open.draft;
  pane.show(room, open);
  if (isGroup(name) && open.joined) room.count(open);
  changed();
  if (quietly) return;
  document.body.dataset.pane = 'chat';
  $('text').focus();
}

// changed: something that the list or the title tells.
const changed = inTime(() => {
  if (!open) return;
  sidebar.show(room, open.name);
  pane.about();
  title([...room.conversations.values()].reduce((sum, { unread }) => sum + unread, 0));
});

// enter connects as somebody, who sees nothing of who was here before.
function enter(user) {
  room?.chat.disconnect();
  open = undefined;
  const mine = room = new Room({ user, token }, {
    state: (now) => mine === room && state(now),
    welcome: () => {
      if (!token) keep('id', room.me);
      keep('enter', true);
      pane.show(room, open);
    },
    people: () => mine === room && changed(),
    list: () => mine === room && changed(),
    items: (c) => mine === room && pane.items(c),
    arrived: (c, item) => {
      pane.arrived(c, item);
      if (!item.own && !pane.looking(c)) call(c, item, () => choose(c.name));
    },
  });
  room.changed = changed;
  choose('all', true);
  room.chat.connect();
}

// state shows how the connection is.
function state(now) {
  detail = now;
  due = Date.now() + (now.in ?? 0);
  if (now.state === 'connected' || now.opened) refused = false;
  else if (now.state === 'waiting') fetch('/healthz').then(({ ok }) => { refused = ok; }, () => { refused = false; }).then(say);
  const first = !room?.me;
  document.body.dataset.state = now.state;
  $('login').hidden = !first;
  $('app').hidden = first;
  $('name').readOnly = token !== '' || (now.state !== 'idle' && now.state !== 'closed');
  $('enter').disabled = now.state === 'connecting';
  $('connect').hidden = now.state === 'connected' || now.state === 'connecting';
  $('disconnect').hidden = now.state === 'closed';
  $('send').disabled = now.state === 'closed';
  write($('me'), shown(room?.me ?? ''));
  $('me').title = room?.me ?? '';
  if (now.state === 'connected' && [document.body, $('name'), $('enter'), $('now')].includes(document.activeElement)) $('text').focus();
  if (first && now.state === 'idle') $('name').focus();
  say();
}

// say says it, and counts down.
function say() {
  const seconds = Math.max(0, Math.ceil((due - Date.now()) / 1000));
  const why = () => closeReason(detail, refused);
  const said = {
    idle: () => '',
    connecting: () => text.connecting,
    connected: () => '',
    waiting: () => text.waiting(why(), seconds),
    closed: () => text.closed(why()),
  }[detail.state]();
  const waits = room?.me ? [...room.conversations.values()].flatMap(({ pending }) => pending).filter((each) => each.state === 'sending').length : 0;
  write($('why'), said);
  write($('more-why'), detail.state === 'waiting' ? text.writesOn(waits) : '');
  write($('login-why'), said);
  $('strip').hidden = said === '' || (detail.state === 'connecting' && !due);
  $('now').hidden = detail.state !== 'waiting' && detail.state !== 'closed';
  write($('now'), detail.state === 'closed' ? text.connect : text.now);
  write($('enter'), detail.state === 'waiting' ? text.now : text.connect);
}
setInterval(() => detail.state === 'waiting' && say(), 500);

function connect() {
  const user = $('name').value.trim();
  const bad = !token && user !== '' && !isUserId(user);
  $('name').ariaInvalid = String(bad);
  write($('login-why'), bad ? text.badName : '');
  if (bad) return;
  if (!room || (room.me || room.chat.user) !== user) enter(token ? '' : user);
  else room.chat.connect();
}

// readToken takes a token out of the address.
function readToken() {
  const found = /^#token=(.+)/.exec(location.hash);
  if (!found) return false;
  token = decodeURIComponent(found[1]);
  history.replaceState(null, '', location.pathname + location.search);
  return true;
}

function disconnect() {
  keep('enter', false);
  room.chat.disconnect();
}

function login() {
  disconnect();
  room = open = undefined;
  state({ state: 'idle' });
}

async function translate(chosen) {
  await speak(chosen);
  composer.translate();
  if (room?.me) pane.redraw();
  if (open) changed();
  say();
}

function refuse(promise) {
  composer.complain('');
  promise.catch((error) => composer.complain(errorText(error)));
}

$('login-form').onsubmit = (event) => {
  event.preventDefault();
  connect();
};
$('connect').onclick = $('now').onclick = () => room.chat.connect();
$('disconnect').onclick = disconnect;
$('join').onclick = () => refuse(room.chat.join(open.name));
$('leave').onclick = () => refuse(room.chat.leave(open.name));
$('back').onclick = () => { document.body.dataset.pane = 'list'; };
$('settings').onclick = () => {
  [$('notify').checked, $('sound').checked] = [kept('notify') ?? false, kept('sound') ?? false];
  $('options').showModal();
};
$('notify').onchange = async () => {
  const wanted = $('notify').checked;
  $('notify').checked = await ask(wanted);
  write($('denied'), wanted && !$('notify').checked ? text.denied : '');
};
$('sound').onchange = () => {
  keep('sound', $('sound').checked);
  if ($('sound').checked) beep();
};
$('other-name').onclick = () => {
  $('options').close();
  login();
};
for (const each of document.querySelectorAll('.language')) each.onclick = () => translate(language() === 'zh' ? 'en' : 'zh');
document.addEventListener('click', ({ target }) => {
  const from = target.closest('#messages .from');
  if (from) choose(from.dataset.open);
});
addEventListener('keydown', (event) => {
  if (!room?.me || document.querySelector('dialog[open]')) return;
  const { key, altKey, target } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command && key === 'k') {
    document.body.dataset.pane = 'list';
    $('find').select();
  } else if (altKey && (key === 'ArrowUp' || key === 'ArrowDown')) choose(sidebar.next(key === 'ArrowUp' ? -1 : 1));
  else if (key === 'Escape') {
    document.body.dataset.pane = 'chat';
    $('text').focus();
  } else {
    if (key.length === 1 && !command && !altKey && (target === document.body || target === $('log'))) $('text').focus(); // and type there
    return;
  }
  event.preventDefault();
});
addEventListener('hashchange', () => readToken() && enter(''));
addEventListener('pagehide', () => room?.keepRead());
document.addEventListener('visibilitychange', () => room?.keepRead());

composer.translate();
state({ state: 'idle' });
const given = readToken();
$('name').value = given ? '' : kept('id') ?? String(100000 + Math.floor(Math.random() * 900000));
if (given || kept('enter')) enter(given ? '' : $('name').value);
