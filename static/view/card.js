// The card above the first message: where a conversation begins, and what can be done if there is
// nothing yet.

import { app } from '../state/app.js';
import { label, text } from '../words/text.js';
import { $, element, write } from './dom.js';
import { sign } from './entry.js';
import './later.js';

const beginning = element('div', { id: 'beginning', hidden: true });
const empty = element('p', { id: 'empty' });
const start = element('button', 'main');
$('card').prepend(beginning);
$('card').append(empty, start);

export function card(c) {
  const isEmpty = !c.all.length && !c.loading;
  const isWhole = isEmpty || (c.items.length > 0 && c.isWhole);
  const name = label(c.name, app.session.me).replace(/^# /, ''); // which its sign says
  beginning.hidden = !isWhole;
  const shown = `${name} ${text.lang}`;
  if (beginning.dataset.of !== shown) beginning.replaceChildren(sign(c.name), element('h2', 'name', name));
  beginning.dataset.of = shown;
  if (isWhole && !isEmpty) write($('earlier'), text.beginning);
  empty.hidden = start.hidden = !isEmpty;
  write(empty, c.joined ? text.empty : text.joinHint);
  write(start, c.joined ? text.first : text.join);
  start.onclick = () => (c.joined ? $('text').focus() : $('join').click());
}
