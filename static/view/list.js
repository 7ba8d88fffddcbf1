// The list of conversations and people, and the field that finds in it.

import { app, on, open } from '../state/app.js';
import * as kinds from '../state/kinds.js';
import { label, summary, text } from '../words/text.js';
import { tile } from './colour.js';
import { $, arrange, element, inTime, write } from './dom.js';

const most = 100; // conversations, and people; the others are found by typing

let entries = new Map(); // list items by `${kind} ${name}`
let order = []; // of conversations
let found; // by what is typed
let names = kinds; // what may be a name, exactly once somebody types one
const redraw = inTime(draw);

// lookup loads what few need.
export const lookup = (then) => import('./lookup.js').then(then).catch(reportError);

export function begin() {
  $('search').onclick = () => lookup(({ search }) => search(undefined, $('find').value.trim()));
  $('groups').onclick = () => lookup(({ allGroups }) => allGroups());
  const side = $('side');
  side.onclick = ({ target }) => {
    const name = target.closest('button')?.dataset.open;
    if (name !== undefined) take(name);
  };
  side.onmouseleave = redraw;
  $('find').oninput = draw;
  $('find').onfocus = () => import('../state/names.js').then((exact) => {
    names = exact;
    draw();
  }, () => {}); // then the server refuses what is none
  side.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [$('find'), ...side.querySelectorAll('li button')];
    const at = stops.indexOf(document.activeElement);
    if (event.key === 'Enter' && at === 0 && $('find').value) enter();
    else if (event.key === 'Escape' && $('find').value) clear();
    else if (step && at >= 0) stops[at + step]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  on('session change language', redraw);
}

// next is the conversation that many steps away.
export const next = (step) => order[(order.indexOf(app.open.name) + step + order.length) % order.length];

function take(name) {
  $('find').value = '';
  open(name);
}
// enter takes the best match. What would begin something has to be chosen itself.
function enter() {
  if (found?.best !== undefined) take(found.best);
  else $('begin').querySelector('button')?.focus();
}
function clear() {
  $('find').value = '';
  $('find').focus();
  draw();
}

function draw() {
  const { session } = app;
  if (!session) return;
  const typed = $('find').value.trim().normalize();
  const drawn = new Map();
  const entry = (kind, name, fill) => {
    const key = `${kind} ${name}`;
    const li = entries.get(key) ?? element('li', {}, newButton(name));
    drawn.set(key, li);
    fill(li.firstChild);
    return li;
  };
  const all = sorted(typed);
  order = all.map(({ name }) => name);
  found = typed ? find(session, typed, all) : { conversations: all, people: session.people.users, begin: [] };
  arrange($('conversations'), found.conversations.slice(0, most).map((c) => entry('conversation', c.name, (button) => fillConversation(button, c))));
  arrange($('people'), found.people.slice(0, most).map((user) => entry('person', user, (button) => fillPerson(button, user))));
  arrange($('begin'), found.begin.map((name) => entry('begin', name, (button) => fillBegin(button, name))));
  const more = (typed ? found.people.length : session.people.count) - most;
  write($('more'), more > 0 ? text.more(more) : '');
  write($('search'), typed ? text.searchFor(typed) : text.search);
  write($('count'), String(session.people.count || ''));
  entries = drawn;
}

// Under the mouse nothing changes its place.
function sorted(typed) {
  const calm = !typed && $('conversations').matches(':hover');
  const place = ({ name }) => order.indexOf(name);
  const mark = ({ name }, which) => app.session.chat.marks.get(name)?.[which] ?? false;
  const before = (a, b) => (calm && place(a) >= 0 && place(b) >= 0 ? place(a) - place(b) : mark(b, 'pin') - mark(a, 'pin') || b.at - a.at);
  return [...app.session.conversations.values()].filter((c) => typed || c.unread || c === app.open || !mark(c, 'hide')).sort(before);
}

function newButton(name) {
  const button = element('button', { title: name === 'all' ? '' : name },
    element('span', {}), element('bdi', 'name'),
    element('span', { className: 'badge', role: 'img' }), element('span', { className: 'last', dir: 'auto' }));
  button.dataset.open = name;
  return button;
}

function fillConversation(button, c) {
  const { me, people } = app.session;
  const [sign, name, badge, last] = button.children;
  write(name, label(c.name, me));
  if (c.personal) presence(sign, c.name, people.has(c.name));
  else sign.className = c.group ? 'sign group' : 'sign everyone';
  let said = c.last ? summary(c.last) : '';
  if (c.last && !c.last.own && !c.personal) said = text.says(c.last.from, said);
  if (c.draft && c !== app.open) said = text.draft(c.draft.slice(0, 100));
  write(last, c.joined ? said : text.notIn);
  write(badge, c.unread > 999 ? '999+' : String(c.unread || ''));
  badge.ariaLabel = text.unread(c.unread);
  button.ariaCurrent = c === app.open;
  const { mute, pin } = app.session.chat.marks.get(c.name) ?? {};
  button.className = `${c.joined ? '' : 'out'} ${c.unread && !mute ? 'unread' : ''} ${pin ? 'pinned' : ''} ${mute ? 'muted' : ''}`;
}

// presence makes the tile of a person, with a dot that says who is online.
function presence(sign, name, isOn) {
  if (!sign.firstChild) sign.append(tile(name), element('i', { role: 'img' }));
  sign.className = 'sign person';
  Object.assign(sign.lastChild, { className: isOn ? 'dot on' : 'dot', ariaLabel: isOn ? text.isOnline : text.isAway });
}

// person makes the entry of somebody in another list.
export function person(user, isOn) {
  const button = newButton(user);
  presence(button.firstChild, user, isOn);
  write(button.children[1], user);
  return element('li', {}, button);
}

function fillPerson(button, user) {
  const [sign, name, , last] = button.children;
  presence(sign, user, true);
  write(name, user);
  write(last, user === app.session.me ? text.you : '');
}

function fillBegin(button, name) {
  button.children[0].className = 'sign start';
  write(button.children[1], name.startsWith('group') ? text.joinGroup(label(name)) : text.writeTo(name));
}

// What is meant by what is typed into Find, the best match first.

// rank is 0 for the very name, 1 for its beginning, 2 for a part of it, else undefined.
function rank(typed, ...names) {
  const ranks = names.map((name) => name.toLowerCase().indexOf(typed)).filter((at) => at >= 0);
  if (!ranks.length) return undefined;
  if (names.some((name) => name.toLowerCase() === typed)) return 0;
  return Math.min(...ranks) === 0 ? 1 : 2;
}

const by = (typed, namesOf) => (all) => all.map((each) => ({ each, rank: rank(typed, ...namesOf(each)) }))
  .filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank - b.rank);

// find returns conversations and people that match, best, the name of the best of all, and what
// could begin: names of a person and of a group. Beginning a group is nobody's best match.
function find(session, typed, conversations) {
  const wanted = typed.toLowerCase();
  const name = (c) => [c.name, label(c.name, session.me), c.group ? c.name.slice(5) : c.name];
  const found = by(wanted, name)(conversations);
  const people = by(wanted, (user) => [user])(session.people.users);
  const best = found[0] && !(people[0]?.rank < found[0].rank) ? found[0].each.name : people[0]?.each;
  const known = (name) => session.conversations.has(name) || session.people.has(name);
  const group = typed.startsWith('group') ? typed : `group${typed}`;
  const begin = [names.isUserId(typed) && typed, names.isGroup(group) && group].filter((name) => name && !known(name) && session.mayBeIn(name));
  return { conversations: found.map(({ each }) => each), people: people.map(({ each }) => each), best, begin };
}
