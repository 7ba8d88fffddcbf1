// A message, or a notice, in the log.

import { attempt } from '../state/attempt.js';
import { clock, day, errorText, moment, summary, text } from '../words/text.js';
import { body } from './body.js';
import { coloured, tile } from './colour.js';
import { button, element } from './dom.js';
import { icon } from './icon.js';
import { file } from './file.js';

const together = 5 * 60000; // ms between messages under one head

// row makes the element of an item below another. view: mine matches mentions; first is the first
// new item; lastOwn the last that one has sent. What cannot be drawn says why, and leaves the others alone.
export function row(item, before, view) {
  const li = element('li', {});
  const why = attempt(() => fill(li, item, before, view));
  if (why) li.append(element('p', 'why body', why));
  return li;
}

function fill(li, item, before, view) {
  Object.assign(li.dataset, { kind: item.kind, from: item.from ?? '', state: item.state ?? '' });
  const date = ({ at }) => new Date(at).toDateString();
  if (!before || date(item) !== date(before)) li.append(element('div', 'day', day(item.at)));
  if (item === view.first) li.append(element('div', 'new', text.newLine));
  if (item.kind === 'notice') {
    li.append(notice(item));
    return;
  }
  const alone = li.firstChild || before.from !== item.from || item.at - before.at > together;
  const about = { dateTime: new Date(item.at).toISOString(), title: moment(item.at) };
  if (alone) li.append(head(item, element('time', about, clock(item.at))));
  if (item.mentions) li.classList.add('mentions');
  li.tabIndex = -1;
  if (item.gone) {
    li.append(element('div', 'line', element('p', 'body quiet', text.deleted, ' ', button('does', 'undo', text.undo))));
    return;
  }
  if (item.reply) li.append(quote(item, view.quoted(item)));
  const line = element('div', 'line', item.file ? file(item, item.text ? body(item, view.mine) : '') : body(item, view.mine));
  if (!alone) { // it is seen under the mouse, and heard with the name
    line.dataset.at = clock(item.at);
    line.prepend(element('time', { ...about, className: 'unseen' }, text.says(item.from, clock(item.at))));
  }
  if (item.edited) line.append(edited(item));
  const said = text[item.state];
  if (said && item.own && (item.state === 'sending' || item === view.lastOwn)) {
    line.append(element('span', { className: 'mark', role: 'img', title: said, ariaLabel: said }, item.state === 'sent' ? icon('sent') : '…'));
  }
  li.append(line);
  if (item.reactions?.length) li.append(reactions(item, view.me));
  if (item.state === 'failed') li.append(failure(item));
  if (item.offline) li.append(element('p', 'quiet', text.waits(item.to)));
}

function head(item, time) {
  const name = coloured(element('button', { className: 'from', title: item.from, tabIndex: -1 }, element('bdi', {}, item.from)), item.from);
  name.dataset.open = item.from;
  return element('div', 'head', tile(item.from), name, time);
}

function notice({ came, went, lost }) {
  const say = (users, sentence) => users.size && sentence([...users].slice(0, 2), users.size);
  const said = lost ? text.lost(lost) : [say(came, text.came), say(went, text.went)].filter(Boolean).join(' · ');
  return element('div', { className: 'quiet', title: lost ? '' : [...came, ...went].slice(0, 30).join(', ') }, said);
}

// failure says why a message was not sent, and what can be done.
function failure(item) {
  const edit = item.file ? [] : [' ', button('edit', '', text.edit)];
  return element('p', 'why', text.notSent(errorText(item.why)), ' ', button('retry', '', text.again), ...edit, ' ', button('discard', '', text.discard));
}

function quote({ reply }, of) {
  const said = of ? text.says(of.from, summary(of)) : text.earlier;
  return element('div', {}, Object.assign(button('jump', reply, said, text.replyTo(said)), { className: 'quote', dir: 'auto' }));
}

function reactions({ reactions: all }, me) {
  return element('div', 'reactions', ...all.map(({ text: sign, count, users }) => {
    const names = users.join(', ') + (count > users.length ? ` + ${count - users.length}` : '');
    return Object.assign(button('react', sign, `${sign} ${count}`, `${sign} ${count}: ${names}`), { ariaPressed: users.includes(me) });
  }));
}
function edited({ edited: when }) {
  const at = Date.parse(when);
  return element('small', { title: moment(at) }, text.edited(clock(at)));
}
