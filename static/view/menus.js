// The menus: of oneself, and of the open conversation. They are loaded when one is opened.

import { logOut } from '../state/access.js';
import { app, tell } from '../state/app.js';
import { keep } from '../state/kept.js';
import { language, speak, text } from '../words/text.js';
import { $, element } from './dom.js';
import { ask } from './header.js';
import { icon, paths } from './icon.js';
import { lookup } from './list.js';
import './later.js';

Object.assign(paths, {
  hide: 'M3 12c2-4 5.5-6 9-6s7 2 9 6c-2 4-5.5 6-9 6s-7-2-9-6zM4 4l16 16',
  language: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  mute: 'M6 9a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7M10 20h4M4 4l16 16',
  person: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3.5-7 8-7s8 3 8 7',
  pin: 'M9 4h6l-1 6 3 3v2H7v-2l3-3-1-6zM12 15v5',
  power: 'M12 3v9M6.5 7a8 8 0 1 0 11 0',
  settings: 'M4 7h10M18 7h2M16 5v4M4 17h2M10 17h10M8 15v4',
});

// menu opens one at its button, which opens it from then on.
function menu(opener, id, entries) {
  const made = element('div', { id, className: 'menu', popover: 'auto' });
  made.addEventListener('beforetoggle', ({ newState }) => newState === 'open' && made.replaceChildren(...entries()));
  made.addEventListener('toggle', ({ newState }) => newState === 'open' && made.querySelector('button').focus());
  made.onclick = ({ target }) => target.closest('button') && made.hidePopover(); // what is chosen is done
  made.onkeydown = step;
  opener.after(made);
  opener.popoverTargetElement = made;
  made.showPopover();
}

const entry = (id, sign, said, onclick) => element('button', { id, onclick }, icon(sign), element('span', {}, said));

// step leads up and down.
function step(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.target.matches('input')) return;
  const all = [...event.currentTarget.querySelectorAll('button')];
  all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
  event.preventDefault();
  event.stopPropagation();
}

export function account(opener) {
  menu(opener, 'menu', () => [
    entry('settings', 'settings', text.settings, () => import('./settings.js').then(({ settings }) => settings(opener), reportError)),
    entry('language', 'language', text.other, translate),
    entry('other-name', 'person', text.anotherName, logOut),
    ...app.connection.state === 'closed' ? [] : [entry('disconnect', 'power', text.disconnect, disconnect)],
  ]);
}

export async function translate() {
  await speak(language() === 'zh' ? 'en' : 'zh');
  tell('language');
}

function disconnect() {
  keep('enter', false);
  app.session.chat.disconnect();
}

export function conversation(opener) {
  menu(opener, 'marks', () => {
    const { session: { chat, connected }, open: { name, group, joined } } = app;
    const marks = chat.marks.get(name) ?? {};
    const mark = (which, said) => {
      const made = entry('', which, said, () => ask('mark', { [which]: !marks[which] }));
      made.dataset.mark = which;
      return Object.assign(made, { ariaPressed: Boolean(marks[which]) });
    };
    const made = [
      entry('search-here', 'search', text.search, () => lookup(({ search }) => search(name))),
      mark('pin', text.pin), mark('mute', text.mute), mark('hide', text.hide),
    ];
    if (group && joined) made.push(Object.assign(entry('leave', 'leave', text.leave, () => ask('leave')), { disabled: !connected }), topic(chat.topics.get(name) ?? ''));
    return made;
  });
}

function topic(value) {
  const field = element('input', { id: 'topic', maxLength: 256, autocomplete: 'off', ariaLabel: text.topic, placeholder: text.topic, value });
  const form = element('form', { method: 'dialog' }, field);
  form.onsubmit = () => {
    ask('topic', field.value.trim() || undefined);
    $('marks').hidePopover();
  };
  return form;
}
