// What is meant by what is typed into Find, the best match first; and the list by keys.

import { groupName, isUserId } from '../state/names.js';
import { label, text } from '../words/text.js';
import { $, element } from './dom.js';
import { icon, paths } from './icon.js';
import './later.js';

paths.plus = 'M12 5v14M5 12h14';

// rank is 0 for the very name, 1 for its beginning, 2 for a part of it, else undefined.
function rank(typed, ...names) {
  const ranks = names.map((name) => name.toLowerCase().indexOf(typed)).filter((at) => at >= 0);
  if (!ranks.length) return undefined;
  if (names.some((name) => name.toLowerCase() === typed)) return 0;
  return Math.min(...ranks) === 0 ? 1 : 2;
}

// find returns which of the names match, and what could begin: names of a person and of a group.
// Beginning a group is nobody's best match.
export function find(session, typed, names) {
  const wanted = typed.toLowerCase();
  const namesOf = (name) => [name, label(name, session.me), name.startsWith('group') ? name.slice(5) : name];
  const found = names.map((name) => ({ name, rank: rank(wanted, ...namesOf(name)) }))
    .filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank - b.rank).map(({ name }) => name);
  const known = (name) => session.conversations.has(name) || session.people.has(name);
  const begin = [isUserId(typed) && typed, groupName(typed)].filter((name) => name && !known(name) && session.mayBeIn(name));
  return { found, begin };
}

// beginning offers to begin a conversation.
export function beginning(name) {
  const button = element('button', {}, element('span', 'tile', icon('plus')),
    element('bdi', 'name', name.startsWith('group') ? text.joinGroup(label(name)) : text.writeTo(name)));
  button.dataset.open = name;
  return element('li', {}, button);
}

// key does what a key means in the list, and tells whether it means anything.
export function key(event, rows, take, draw) {
  const field = $('find');
  const { activeElement: at } = document;
  const isTyped = at === field && field.value;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter' && isTyped) enter(rows, take, draw);
  else if (event.key === 'Escape' && isTyped) {
    field.value = '';
    draw();
  } else if (step && (at === field || at.closest('li'))) go(at.dataset.open, step, rows);
  else return false;
  return true;
}

// enter takes the best match. What would begin something has to be chosen itself.
function enter(rows, take, draw) {
  draw();
  const [best] = rows.names;
  if (best === undefined) $('begin').querySelector('button')?.focus();
  else take(best);
}

// go leads the focus from Find into the list, through all of it, and back.
function go(name, step, rows) {
  const begins = [...$('begin').querySelectorAll('button')];
  const stops = [undefined, ...rows.names, ...begins.map(({ dataset }) => dataset.open)];
  const to = stops[stops.indexOf(name) + step];
  if (to !== undefined) (rows.reveal(to)?.firstChild ?? begins.find(({ dataset }) => dataset.open === to)).focus();
  else if (step < 0) $('find').focus();
}
