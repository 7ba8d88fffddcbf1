// The head of the open conversation: its name, who is there, and in a narrow window the way back
// to the list. Its members are beside it where there is room, otherwise behind its title.

import { address } from '../state/address.js';
import { app, on } from '../state/app.js';
import { errorText, label, text } from '../words/text.js';
import { complain } from './composer.js';
import { menu } from './list.js';
import { $, inTime, write } from './dom.js';

const room = matchMedia('(min-width: 80rem)');
const narrow = matchMedia('(max-width: 46rem)');
let turned = false; // the reader wants it otherwise
let members; // what lists them, once there is room

// pane chooses what a narrow window shows: the list, or the conversation.
export const pane = (name) => { document.body.dataset.pane = name; };
// home: without an address, a narrow window begins with the list.
const home = () => pane(narrow.matches && !address(location.hash).name ? 'list' : 'chat');

export function begin() {
  $('back').onclick = () => pane('list');
  on('session open', home);
  addEventListener('hashchange', home);
  menu($('marking'), 'conversation');
  $('join').onclick = () => ask('join');
  $('title').onclick = () => {
    turned = !turned;
    draw();
  };
  room.onchange = draw;
  on('open', () => { turned &&= room.matches; }); // what covers the messages goes
  $('members').onclick = $('side').onclick;
  on('session open change language', inTime(draw));
}

// ask has the server do something with the open conversation.
export function ask(what, ...more) {
  complain('');
  app.session.chat[what](app.open.name, ...more).catch((error) => complain(errorText(error)));
}

function draw() {
  const { session, open: c } = app;
  if (!session) return;
  const { name, group } = c;
  const others = session.unread - (session.chat.marks.get(name)?.mute ? 0 : c.unread);
  write($('back').lastChild, String(others || ''));
  $('back').ariaLabel = others ? `${text.back}, ${text.unread(others)}` : text.back;
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
  $('join').hidden = !group || c.joined;
  $('join').disabled = !session.connected;
  const online = group ? c.members : !c.personal && session.people;
  const isShown = Boolean(online) && room.matches !== turned;
  Object.assign($('title'), { disabled: !online, ariaExpanded: isShown });
  $('members').hidden = !isShown || !members;
  if (!isShown) return;
  if (members) members.show(online, group && c.away);
  else import('./members.js').then((loaded) => { members = loaded; }).then(draw, () => {}); // there may be no network
}
