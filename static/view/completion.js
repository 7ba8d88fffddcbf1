// What a name behind @, or an emoji behind :, may be: a list above the field. The focus stays in
// the field, which says to those who hear the page what is chosen.

import { app, on } from '../state/app.js';
import { text } from '../words/text.js';
import { tile } from './colour.js';
import { edited } from './composer.js';
import { $, element } from './dom.js';
import { called, emoji, find } from './emoji.js';
import './written.js';

const most = 8;
const field = $('text');
const list = element('ul', { id: 'completion', role: 'listbox', hidden: true });
let options = []; // {word, sign, name, aside}
let chosen = 0;
let typed = ''; // what an option replaces
let ended; // what it was when it was ended by Escape

field.parentElement.append(list);
field.setAttribute('aria-autocomplete', 'list');
field.setAttribute('aria-controls', 'completion');
field.addEventListener('blur', close);
field.addEventListener('click', look);
on('session open', close);
list.onpointerdown = (event) => event.preventDefault(); // which keeps the focus
list.onclick = ({ target }) => {
  const at = [...list.children].indexOf(target.closest('li'));
  if (at >= 0) take(at);
};

// look reads what is before the cursor.
export function look() {
  const before = field.value.slice(0, field.selectionStart);
  const [, sign, word] = /(?:^|[\s(（，。])([@:])([^\s@]*)$/u.exec(before.slice(-80)) ?? [];
  typed = word === undefined ? '' : sign + word;
  if (!typed) ended = undefined;
  const whole = sign === ':' && word.endsWith(':') && emoji.find(({ names }) => names.includes(word.slice(0, -1)));
  if (whole) return put(whole.sign);
  options = typed && ended === undefined && field.selectionStart === field.selectionEnd ? { '@': people, ':': signs }[sign](word) : [];
  chosen = 0;
  draw();
}

// key tells whether it was meant for the list.
export function key(event) {
  if (!options.length || event.ctrlKey || event.altKey || event.metaKey) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isWhole = options[chosen].word === typed; // there is nothing to complete, so Enter sends
  if (step) {
    chosen = (chosen + step + options.length) % options.length;
    draw();
  } else if (event.key === 'Escape') {
    ended = typed;
    close();
    event.stopPropagation();
  } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && !isWhole) take(chosen);
  else return false;
  event.preventDefault();
  return true;
}

function people(word) {
  const { open: c, session } = app;
  const here = (user) => session.people.has(user);
  const writers = c.items.flatMap(({ from }) => from ?? []).reverse();
  const others = c.group ? [...c.members?.users ?? [], ...c.away?.users ?? []] : session.people.users;
  const all = [...new Set([c.personal ? c.name : [], writers, others].flat())].filter((user) => user !== session.me);
  const wanted = word.toLowerCase().normalize();
  const rank = (user) => [user.toLowerCase().startsWith(wanted), user.toLowerCase().includes(wanted)].indexOf(true);
  return all.filter((user) => rank(user) >= 0).sort((a, b) => rank(a) - rank(b)).slice(0, most)
    .map((user) => ({ word: `@${user}`, sign: tile(user), name: user, aside: here(user) ? '' : text.isAway }));
}

// Fewer than two letters may be a face, such as :D.
const signs = (word) => (/^[^:]{2,}$/.test(word) ? find(word, most) : [])
  .map((each) => ({ word: each.sign, sign: each.sign, name: called(each), aside: '' }));

function take(at) { put(options[at].word); }

// put writes a word instead of what was typed, as if one had typed it, so that it can be undone.
function put(word) {
  const at = field.selectionStart;
  field.setSelectionRange(at - typed.length, at);
  if (!document.execCommand('insertText', false, `${word} `)) {
    field.setRangeText(`${word} `, at - typed.length, at, 'end');
    edited();
  }
  close();
}

function close() {
  options = [];
  draw();
}

function draw() {
  list.hidden = !options.length;
  list.ariaLabel = text.suggestions;
  list.replaceChildren(...options.map(({ sign, name, aside }, i) => element('li', { id: `completion-${i}`, role: 'option', ariaSelected: i === chosen },
    element('span', { className: 'sign', ariaHidden: 'true' }, sign), element('bdi', 'name', name), element('small', {}, aside))));
  if (options.length) field.setAttribute('aria-activedescendant', `completion-${chosen}`);
  else field.removeAttribute('aria-activedescendant');
  list.children[chosen]?.scrollIntoView({ block: 'nearest' });
}
