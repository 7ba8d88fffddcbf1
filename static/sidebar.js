import { $, arrange, element, inTime, write } from './dom.js';
import { groupName, isUserId } from './names.js';
import { label, summary, text } from './text.js';

const most = 100; // conversations, and people; the others are found by typing

let room;
let entries = new Map(); // list items by `${kind} ${name}`
let order = []; // of conversations

export function begin(choose) {
  const side = $('side');
  side.onclick = ({ target }) => {
    const name = target.closest('button')?.dataset.open;
    if (name === undefined) return;
    $('find').value = '';
    choose(name);
  };
  side.onmouseleave = inTime(draw);
  $('find').oninput = draw;
  side.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [$('find'), ...side.querySelectorAll('li button')];
    const at = stops.indexOf(document.activeElement);
    if (event.key === 'Enter' && at === 0 && $('find').value) stops[1]?.click();
    else if (step && at >= 0) stops[at + step]?.focus();
    else return;
    event.preventDefault();
  };
}

export function show(shownRoom) {
  room = shownRoom;
  draw();
}

export function next(step) {
  return order[(order.indexOf(room.open.name) + step + order.length) % order.length];
}

function draw() {
  if (!room) return;
  const typed = $('find').value.trim().normalize();
  const matches = (name) => !typed || `${name} ${label(name, room.me)}`.toLowerCase().includes(typed.toLowerCase());
  const drawn = new Map();
  const entry = (kind, name, fill) => {
    const key = `${kind} ${name}`;
    const li = entries.get(key) ?? element('li', {}, newButton(name));
    drawn.set(key, li);
    fill(li.firstChild);
    return li;
  };
  // Under the mouse nothing changes its place.
  const calm = !typed && $('conversations').matches(':hover');
  const all = [...room.conversations.values()].filter(({ name }) => matches(name));
  const place = ({ name }) => order.indexOf(name);
  all.sort((a, b) => (calm && place(a) >= 0 && place(b) >= 0 ? place(a) - place(b) : b.at - a.at));
  order = all.map(({ name }) => name);
  const listed = all.slice(0, most).map((c) => entry('conversation', c.name, (button) => fillConversation(button, c)));
  const begin = [[groupName(typed), text.joinGroup], [isUserId(typed) && typed, text.writeTo]];
  if (room.people.has(typed)) begin.reverse();
  for (const [name, say] of begin) {
    if (name && !room.conversations.has(name)) listed.push(entry('begin', name, (button) => write(button.children[1], say(label(name)))));
  }
  arrange($('conversations'), listed);
  const people = room.people.users.filter(matches);
  arrange($('people'), people.slice(0, most).map((user) => entry('person', user, (button) => fillPerson(button, user))));
  const more = (typed ? people.length : room.people.count) - most;
  write($('more'), more > 0 ? text.more(more) : '');
  write($('count'), String(room.people.count || ''));
  entries = drawn;
}

function newButton(name) {
  const button = element('button', { title: name === 'all' ? '' : name },
    element('span', {}), element('bdi', 'name'),
    element('span', { className: 'badge', role: 'img' }), element('span', { className: 'last', dir: 'auto' }));
  button.dataset.open = name;
  return button;
}

function fillConversation(button, c) {
  const { me, people } = room;
  const [dot, name, badge, last] = button.children;
  write(name, label(c.name, me));
  if (c.personal) presence(dot, people.has(c.name));
  else dot.className = 'hash';
  let said = c.last ? summary(c.last) : '';
  if (c.last && !c.last.own && !c.personal) said = text.says(c.last.from, said);
  write(last, c.joined ? said : text.notIn);
  write(badge, c.unread > 999 ? '999+' : String(c.unread || ''));
  badge.ariaLabel = text.unread(c.unread);
  button.ariaCurrent = c === room.open;
  button.className = `${c.joined ? '' : 'out'} ${c.unread ? 'unread' : ''}`;
}

function presence(dot, on) {
  Object.assign(dot, { className: on ? 'dot on' : 'dot', role: 'img', ariaLabel: on ? text.isOnline : text.isAway });
}

function fillPerson(button, user) {
  const [dot, name, , last] = button.children;
  presence(dot, true);
  write(name, user);
  write(last, user === room.me ? text.you : '');
}
