// Wires the rooms together and holds what the page knows: who one is, who is
// online, and where the next message goes.

import { Connection } from './connection.js';
import { bytes, format, groupName, isUserId, parse, parseBinary } from './line.js';
import { People } from './people.js';
import { choose as chooseText } from './text.js';
import { View } from './view.js';

const $ = (id) => document.getElementById(id);
const mostBytes = 1 << 20; // the server's default for one message
const echoWithin = 10000; // ms in which the server returns what one sent to many

const text = chooseText(navigator.language);
const people = new People();
const joined = new Set();
let me = '';
let to = 'all';
let sent = []; // {to, body, at} to everyone or a group, not yet come back
let historyOf = ''; // the conversation whose history is arriving

const view = new View(text, (destination) => {
  choose(destination);
  $('text').focus();
});
const connection = new Connection({ state: changed, text: received, binary: receivedBinary });

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
}

function changed(now) {
  view.state(now, me);
  if (now.state === 'connected') {
    connection.send(format('who', ''));
    // The server may have been started anew and know of no membership.
    for (const group of joined) connection.send(format('join', group));
    return;
  }
  sent = [];
  historyOf = '';
  people.replace([], 0);
  view.people(people);
}

function received(line) {
  const event = parse(line);
  handle[event.kind](event, line);
}

const handle = {
  message({ from, to: recipient, body }) {
    const own = from === me;
    const history = historyOf !== '';
    let shownTo = recipient;
    if (history) shownTo = historyOf === 'all' || historyOf.startsWith('group') ? historyOf : recipient;
    else if (own && recipient === me) shownTo = echoed(body) ?? me;
    view.message({ from, to: shownTo, body, own, history });
  },
  login({ user }, line) {
    const at = people.add(user);
    if (at >= 0) view.insertPerson(user, at);
    view.countPeople(people);
    view.notice(text.login(user), line);
  },
  exit({ user }, line) {
    const at = people.remove(user);
    if (at >= 0) view.removePerson(at);
    view.countPeople(people);
    view.notice(text.exit(user), line);
  },
  who({ count, users }) {
    historyOf = '';
    people.replace(users, count);
    view.people(people);
  },
  joined({ group }, line) {
    isIn(group);
    view.notice(text.joined(view.label(group)), line);
  },
  left({ group }, line) {
    joined.delete(group);
    view.removeGroup(group);
    if (to === group) choose('all');
    view.notice(text.left(view.label(group)), line);
  },
  assigned({ user }, line) {
    me = user;
    $('userId').value = user;
    stored(user);
    connection.rename(user);
    view.state({ state: 'connected' }, me);
    view.notice(text.assigned(user), line);
  },
  system(event, line) {
    view.sentence(event.text, line, 'notice');
  },
  error(event, line) {
    view.sentence(event.text, line, 'error');
  },
};
handle.other = handle.system;

function receivedBinary(buffer) {
  const message = parseBinary(buffer);
  if (!message) return;
  view.message({ ...message, body: text.binary(message.size), own: message.from === me, binary: true });
}

function isIn(group) {
  joined.add(group);
  view.group(group, true);
}

// echoed finds where a message went that came back to its sender: the line
// tells every recipient only its own id. undefined: sent by another tab.
function echoed(body) {
  sent = sent.filter(({ at }) => Date.now() - at < echoWithin);
  const at = sent.findIndex((message) => message.body === body);
  if (at < 0) return undefined;
  const [message] = sent.splice(at, 1);
  if (message.to !== 'all') isIn(message.to);
  return message.to;
}

function send() {
  const body = $('text').value;
  if (body.trim() === '') return;
  const line = format(to, body);
  if (bytes(line) > mostBytes) {
    view.notice(text.tooLong, '', 'error');
    return;
  }
  if (!connection.send(line)) return;
  if (to === 'all' || to.startsWith('group')) sent.push({ to, body, at: Date.now() });
  else if (to !== me) view.message({ from: me, to, body, own: true });
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

function connect() {
  const id = $('userId').value.trim();
  if (id !== '' && !isUserId(id)) {
    refuse('userId', text.badId);
    return;
  }
  if (id !== me) joined.clear();
  me = id;
  if (id) stored(id);
  connection.connect(id);
}

function group(verb) {
  const name = groupName($('groupName').value);
  if (!name) {
    refuse('groupName', text.badGroup);
    return;
  }
  connection.send(format(verb, name));
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
$('disconnect').addEventListener('click', () => connection.disconnect());
$('leaveGroup').addEventListener('click', () => group('leave'));
$('refresh').addEventListener('click', () => connection.send(format('who', '')));
$('history').addEventListener('click', () => {
  historyOf = to;
  view.notice(text.historyOf(view.label(to)));
  connection.send(format('history', to));
  connection.send(format('who', '')); // its answer comes behind the history and ends it
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
