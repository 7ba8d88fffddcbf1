// Wires the rooms together and holds what the page knows: who one is, who is
// online, and where the next message goes.

import { Chat } from './chat.js';
import { bytes, groupName, isUserId } from './names.js';
import { People } from './people.js';
import { choose as chooseText, errorText } from './text.js';
import { View } from './view.js';

const $ = (id) => document.getElementById(id);
const mostBytes = 1 << 20; // the server's default for one message

const text = chooseText(navigator.language);
const people = new People();
const joined = new Set();
let chat = new Chat();
let me = '';
let to = 'all';
let sending = []; // {to, body, item, seq}: own messages that have not come back
let oldest = new Map(); // by conversation whose history was loaded: the first seq

const view = new View(text, (destination) => {
  choose(destination);
  $('text').focus();
});

// The browser may refuse its storage.
function stored(id) {
  try {
    if (id === undefined) return localStorage.getItem('userId');
    localStorage.setItem('userId', id);
  } catch {
    return null;
  }
}

function choose(destination) {
  to = destination;
  view.destination(to);
  load(to);
}

function refused(error) {
  view.notice(errorText(text, error), 'error');
}

// What the chat tells.

const on = {
  state(now) {
    if (now.state === 'connected') me = chat.user;
    else view.people(people.replace([], 0));
    view.state(now, me);
  },
  epoch() {
    view.epoch();
    oldest = new Map();
    sending = sending.filter(({ seq }) => !seq);
    // The server was started anew and knows of no membership.
    for (const group of joined) chat.join(group).catch(refused);
  },
  welcome({ user, groups, online, count }) {
    if ($('userId').value.trim() === '') view.notice(text.assigned(user));
    $('userId').value = user;
    stored(user);
    for (const group of joined) if (!groups.includes(group)) isOut(group);
    for (const group of groups) isIn(group);
    view.people(people.replace(online, count));
    load(to);
  },
  message(m) {
    show(m, true);
    if (oldest.get(m.conversation) === 0) oldest.set(m.conversation, m.seq);
  },
  gap({ conversation }) {
    view.notice(text.gap(view.label(conversation)));
  },
  online({ user }) {
    const at = people.add(user);
    if (at >= 0) view.insertPerson(user, at);
    view.countPeople(people);
    view.notice(text.login(user));
  },
  offline({ user }) {
    const at = people.remove(user);
    if (at >= 0) view.removePerson(at);
    view.countPeople(people);
    view.notice(text.exit(user));
  },
  joined({ group, user }) {
    if (user !== me) return;
    isIn(group);
    if (group === to) load(to);
  },
  left({ group, user }) {
    if (user === me) isOut(group);
  },
};

function isIn(group) {
  joined.add(group);
  view.group(group, true);
}

function isOut(group) {
  joined.delete(group);
  oldest.delete(group);
  view.removeGroup(group);
  if (to === group) choose('all');
}

// show shows a message; one's own may be there already, as being sent.
function show(m, live) {
  const own = m.from === me;
  const body = m.data === undefined ? m.text : text.binary(size(m.data));
  if (own && live) {
    const at = sending.findIndex((each) => each.to === m.to && each.body === m.text && (each.seq || m.seq) === m.seq);
    if (at >= 0) view.sent(sending.splice(at, 1)[0].item, m);
  }
  view.message({ ...m, body, own, binary: m.data !== undefined }, live);
}

// size is the number of bytes that base64 stands for.
function size(base64) {
  return base64.length / 4 * 3 - (/=*$/.exec(base64)[0].length);
}

// load fetches the newest messages of a conversation, once.
function load(conversation) {
  const closed = conversation.startsWith('group') && !joined.has(conversation);
  if (chat.state !== 'connected' || closed || oldest.has(conversation)) return;
  oldest.set(conversation, 0);
  earlier(conversation).catch(() => oldest.delete(conversation));
}

// earlier fetches what is before the messages that were loaded.
async function earlier(conversation) {
  const known = oldest;
  const before = known.get(conversation) || undefined;
  const { messages } = await chat.history(conversation, { before });
  if (known !== oldest) return true;
  for (const m of messages) show(m, false);
  if (messages.length > 0) known.set(conversation, messages[0].seq);
  return messages.length > 0;
}

// What the user does.

function send() {
  const body = $('text').value;
  if (body.trim() === '' || chat.state === 'closed') return;
  if (bytes(JSON.stringify(body)) > mostBytes - 300) {
    view.notice(text.tooLong, 'error');
    return;
  }
  const mine = { to, body, item: view.sending({ from: me, to, body }), seq: 0 };
  sending.push(mine);
  chat.send(to, body).then(({ seq, offline }) => {
    mine.seq = seq;
    if (sending.includes(mine)) view.sent(mine.item, { conversation: mine.to, seq });
    if (offline) view.notice(text.waits(mine.to));
  }, (error) => {
    sending = sending.filter((each) => each !== mine);
    view.failed(mine.item, text.failed(errorText(text, error)));
  });
  $('text').value = '';
  grow();
  view.scrollToEnd();
}

// grow gives the field as many lines as its text has, up to eight.
function grow() {
  $('text').rows = Math.min(8, $('text').value.split('\n').length);
}

// refuse says beside a field what is wrong with it, until it is changed.
function refuse(field, sentence) {
  const input = $(field);
  input.ariaInvalid = 'true';
  input.setCustomValidity(sentence);
  input.reportValidity();
  input.addEventListener('input', () => {
    input.ariaInvalid = 'false';
    input.setCustomValidity('');
  }, { once: true });
}

// connect connects, or does now what was to be done later. Another id is
// another person, who sees nothing of the first one's.
function connect() {
  const id = $('userId').value.trim();
  if (id !== '' && !isUserId(id)) {
    refuse('userId', text.badId);
    return;
  }
  if (id !== me || id === '') {
    chat.disconnect();
    for (const group of joined) isOut(group);
    view.clear();
    oldest = new Map();
    sending = [];
    me = id;
    chat = new Chat({ user: id });
    for (const [type, then] of Object.entries(on)) chat.addEventListener(type, ({ detail }) => then(detail));
  }
  chat.connect();
}

function group(verb) {
  const name = groupName($('groupName').value);
  if (!name) {
    refuse('groupName', text.badGroup);
    return;
  }
  const told = verb === 'join' ? text.joined : text.left;
  chat[verb](name).then(() => view.notice(told(view.label(name))), refused);
  if (verb !== 'join') return;
  view.group(name, joined.has(name));
  choose(name);
}

function submit(form, then) {
  $(form).addEventListener('submit', (event) => {
    event.preventDefault();
    then();
  });
}

submit('session', connect);
submit('group', () => group('join'));
submit('compose', send);
$('disconnect').addEventListener('click', () => chat.disconnect());
$('leaveGroup').addEventListener('click', () => group('leave'));
$('refresh').addEventListener('click', () => {
  chat.who().then(({ users, count }) => view.people(people.replace(users, count)), refused);
});
$('history').addEventListener('click', () => {
  const conversation = to;
  earlier(conversation).then((some) => some || view.notice(text.noEarlier), refused);
});
$('text').addEventListener('input', grow);
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
});

$('userId').value = stored() || String(100000 + Math.floor(Math.random() * 900000));
view.state({ state: 'idle' }, me);
view.people(people);
choose('all');
