// The head of the open conversation: its name, who is there, joining, leaving, its marks, and in
// a narrow window the way back to the list.

import { app, on } from '../state/app.js';
import { errorText, label, text } from '../words/text.js';
import { complain } from './composer.js';
import { $, inTime, write } from './dom.js';
import { search } from './lookup.js';

// pane chooses what a narrow window shows: the list, or the conversation.
export const pane = (name) => { document.body.dataset.pane = name; };

export function begin() {
  $('back').onclick = () => pane('list');
  on('open', () => pane('chat'));
  $('join').onclick = () => ask('join');
  $('leave').onclick = () => ask('leave');
  $('search-here').onclick = () => search(app.open.name);
  for (const button of marking()) button.onclick = () => ask('mark', { [button.dataset.mark]: button.ariaPressed !== 'true' });
  $('marks').onclick = () => $('marks').hidePopover(); // what is chosen is done
  on('session open change language', inTime(draw));
}

const marking = () => document.querySelectorAll('[data-mark]');

function ask(what, ...more) {
  complain('');
  app.session.chat[what](app.open.name, ...more).catch((error) => complain(errorText(error)));
}

function draw() {
  const { session, open: c } = app;
  if (!session) return;
  const { name, group } = c;
  write($('title'), label(name, session.me));
  $('title').title = name;
  let what = '';
  if (name === 'all') what = text.onlineNow(session.people.count);
  else if (c.personal) what = session.people.has(name) ? text.isOnline : text.isAway;
  else if (!c.joined) what = text.notIn;
  else if (c.members) what = `${text.onlineNow(c.members.count)}: ${c.members.users.slice(0, 50).join(', ')}`;
  write($('about'), session.connected ? what : '');
  for (const button of marking()) button.ariaPressed = Boolean(session.chat.marks.get(name)?.[button.dataset.mark]);
  $('join').hidden = !group || c.joined;
  $('leave').hidden = !group || !c.joined;
  for (const id of ['join', 'leave']) $(id).disabled = !session.connected;
}
