// What is looked up: messages that have these words, and which groups there are.

import { app, open } from '../state/app.js';
import { clock, day, errorText, label, text } from '../words/text.js';
import { $, element, inTime, write } from './dom.js';
import { sign } from './entry.js';
import './later.js';

let ask; // resolves to {rows, next}; next: from where there is more
let turn = 0; // only the last answer counts

document.body.append(element('dialog', { id: 'lookup' },
  element('input', { id: 'sought', type: 'search', autocomplete: 'off', spellcheck: false, oninput: inTime(() => fill()) }),
  element('ul', { id: 'found', className: 'lists' }), element('p', { id: 'found-what', role: 'status' }),
  element('form', { method: 'dialog' }, element('button', { id: 'found-more', type: 'button' }), element('button', 'main'))));

export const allGroups = () => lookUp(text.allGroups, '', groups);

// search looks for messages of a conversation, or of all.
export function search(of, typed = '') {
  lookUp(of ? text.searchIn(label(of, app.session.me)) : text.search, typed, (words, before) => messages(words, of, before));
}

function lookUp(title, typed, by) {
  ask = by;
  const [dialog, field] = [$('lookup'), $('sought')];
  dialog.ariaLabel = field.ariaLabel = field.placeholder = title;
  field.value = typed;
  write($('found-more'), text.older);
  write($('found-more').nextSibling, text.done);
  dialog.showModal();
  fill();
}

async function fill(from) {
  const now = ++turn;
  const typed = $('sought').value.trim();
  const { rows, next, why = text.nothing } = await ask(typed, from).catch((error) => ({ rows: [], why: errorText(error) }));
  if (now !== turn) return;
  if (from) $('found').append(...rows);
  else $('found').replaceChildren(...rows);
  write($('found-what'), rows.length || !typed ? '' : why);
  $('found-more').hidden = !next;
  $('found-more').onclick = () => fill(next);
}

// row leads to a conversation.
function row(sign, name, aside, last, of, at) {
  const button = element('button', {}, sign, element('bdi', 'name', name), element('small', {}, aside), element('span', { className: 'last', dir: 'auto' }, ...last));
  button.onclick = () => {
    $('lookup').close();
    $('find').value = '';
    open(of, { at });
  };
  return element('li', {}, button);
}

async function messages(words, of, before) {
  let found = [];
  do { // a search may look at a part only
    const answer = words ? await app.session.chat.search(words, { of, before }) : {};
    found = answer.messages ?? [];
    before = answer.more && answer.before;
  } while (!found.length && before);
  const any = RegExp(`(${words.replace(/[^\p{L}\p{N}\s]/gu, '\\$&').split(/\s+/).join('|')})`, 'i');
  const rows = found.map((m) => {
    const parts = m.text.slice(Math.max(0, m.text.search(any) - 40)).slice(0, 200).split(any);
    const at = Date.parse(m.time);
    const where = of ? '' : `${label(m.conversation, app.session.me)} · `;
    return row(sign(m.from), m.from, `${where}${day(at)} ${clock(at)}`, parts.map((part, i) => (i % 2 ? element('mark', {}, part) : part)), m.conversation, m.seq);
  });
  return { rows, next: before };
}

async function groups(typed, after) {
  const { chat } = app.session;
  const { groups: found, more } = await chat.groups({ prefix: typed && `group${typed}`, after });
  const rows = found.map(({ group, members, online, topic = '' }) => {
    const made = row(sign(group), label(group), text.membersOf(members, online), [topic], group);
    const join = () => chat.join(group).then(made.firstChild.onclick, (error) => write($('found-what'), errorText(error)));
    if (!app.session.conversations.get(group)?.joined) made.append(element('button', { onclick: join }, text.join));
    return made;
  });
  return { rows, next: more && found.at(-1).group };
}
