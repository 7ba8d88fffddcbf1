// An entry of the list: a conversation, or only somebody who is online.

import { app } from '../state/app.js';
import { label, summary, text, when } from '../words/text.js';
import { tile } from './colour.js';
import { element, write } from './dom.js';
import { icon } from './icon.js';

export function entry(name) {
  const button = element('button', { title: name === 'all' ? '' : name }, sign(name), element('bdi', 'name'));
  button.dataset.open = name;
  return element('li', {}, button);
}

// sign is a person's letter, or what a conversation of many has instead.
export function sign(name) {
  if (name === 'all') return element('span', 'tile', icon('everyone'));
  return name.startsWith('group') ? element('span', { className: 'tile', role: 'img', ariaLabel: text.ofGroup }, '#') : tile(name);
}

// presence says at the letter of a person who is online.
export function presence({ firstChild: sign }, isOn) {
  sign.className = isOn ? 'tile person on' : 'tile person';
  Object.assign(sign, { role: 'img', ariaHidden: null, ariaLabel: isOn ? text.isOnline : text.isAway });
}

export function fill({ firstChild: button }, name) {
  const { session } = app;
  if (!session) return;
  const c = session.conversations.get(name);
  const [sign, called] = button.children;
  if (name === 'all') write(called, text.everyone);
  else if (c?.group) {
    sign.ariaLabel = text.ofGroup;
    write(called, name.slice(5));
  } else {
    presence(button, session.people.has(name));
    write(called, label(name, session.me));
  }
  button.dataset.kind = c ? 'conversation' : 'person';
  if (c && !button.children[2]) button.append(element('time', {}), element('span', { className: 'last', dir: 'auto' }), element('span', { className: 'badge', role: 'img' }));
  if (c) fillConversation(button, c);
  else while (button.children[2]) button.lastChild.remove();
}

function fillConversation(button, c) {
  const [, , time, last, badge] = button.children;
  const { mute } = app.session.chat.marks.get(c.name) ?? {};
  const draft = c !== app.open && c.draft;
  let said = c.last ? summary(c.last) : '';
  if (c.last && !c.last.own && !c.personal) said = text.says(c.last.from, said);
  if (draft) said = text.draft(draft.slice(0, 100));
  write(last, c.joined ? said : text.notIn);
  write(time, c.last && c.joined ? when(c.at) : '');
  write(badge, c.unread > 999 ? '999+' : String(c.unread || ''));
  const called = c.isCalled;
  badge.ariaLabel = (called ? text.unreadCalls : text.unread)(c.unread);
  button.ariaCurrent = c === app.open;
  const is = { out: !c.joined, unread: c.unread && !mute, muted: mute, called, draft };
  button.className = Object.keys(is).filter((each) => is[each]).join(' ');
}
