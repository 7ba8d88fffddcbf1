// The head of the open conversation: its name, who is there, joining, leaving, its marks, and in
// a narrow window the way back to the list. Its members are beside it where there is room,
// otherwise behind its title.

import { app, on } from '../state/app.js';
import { errorText, label, text } from '../words/text.js';
import { complain } from './composer.js';
import { lookup, person } from './list.js';
import { $, inTime, write } from './dom.js';

const room = matchMedia('(min-width: 80rem)');
let turned = false; // the reader wants it otherwise
const drawn = new Map(); // who is listed, by list

// pane chooses what a narrow window shows: the list, or the conversation.
export const pane = (name) => { document.body.dataset.pane = name; };

export function begin() {
  $('back').onclick = () => pane('list');
  on('open', () => pane('chat'));
  $('join').onclick = () => ask('join');
  $('leave').onclick = () => ask('leave');
  $('search-here').onclick = () => lookup(({ search }) => search(app.open.name));
  for (const button of marking()) button.onclick = () => ask('mark', { [button.dataset.mark]: button.ariaPressed !== 'true' });
  $('topic-form').onsubmit = () => {
    ask('topic', $('topic').value.trim() || undefined);
    $('marks').hidePopover();
  };
  $('marks').ontoggle = () => { $('topic').value = app.session.chat.topics.get(app.open.name) ?? ''; };
  $('marks').onclick = ({ target }) => target.closest('button') && $('marks').hidePopover(); // what is chosen is done
  $('title').onclick = () => {
    turned = !turned;
    draw();
  };
  room.onchange = draw;
  on('open', () => { turned &&= room.matches; }); // what covers the messages goes
  on('language', () => drawn.clear());
  $('members').onclick = $('side').onclick;
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
  const topic = session.chat.topics.get(name);
  write($('about'), [topic, session.connected && what].filter(Boolean).join(' · '));
  $('about').title = topic ?? '';
  $('topic-form').hidden = !group || !c.joined;
  for (const button of marking()) button.ariaPressed = Boolean(session.chat.marks.get(name)?.[button.dataset.mark]);
  $('join').hidden = !group || c.joined;
  $('leave').hidden = !group || !c.joined;
  for (const id of ['join', 'leave']) $(id).disabled = !session.connected;
  const online = group ? c.members : !c.personal && session.people;
  const isShown = Boolean(online) && room.matches !== turned;
  Object.assign($('title'), { disabled: !online, ariaExpanded: isShown });
  $('members').hidden = !isShown;
  if (!isShown) return;
  list('on', text.online, online);
  list('away', text.away, group && c.away || { users: [], count: 0 });
}

function list(kind, title, { users, count }) {
  Object.assign($(`count-${kind}`), { hidden: !count, textContent: `${title} ${count}` });
  if (drawn.get(kind) === users) return;
  drawn.set(kind, users);
  $(`members-${kind}`).replaceChildren(...users.slice(0, 100).map((user) => person(user, kind === 'on')));
}
