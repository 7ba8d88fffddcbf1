import { $, element, inTime, write } from './dom.js';
import { forget, row } from './rows.js';
import { label, summary, text } from './text.js';
import * as list from './windowed.js';

let room; // its open conversation is shown
const said = []; // messages to be read out
let changed; // is called when messages were read

export function begin(whenRead) {
  changed = whenRead;
  list.begin({
    items: () => room?.open.all ?? [],
    draw: (item, above) => row(item, above, { mine: room.mine, first: room.open.first }),
    drop: forget,
  });
  $('messages').onclick = ({ target }) => {
    const button = target.closest('button');
    const { item } = target.closest('li') ?? {};
    const { retry, more, picture } = button?.dataset ?? {};
    if (retry !== undefined) room.retry(room.open, item);
    if (more) {
      [item.length, item.stale] = [Number(more), true];
      list.changed();
    }
    if (picture !== undefined) enlarge(button.firstChild);
  };
  $('newest').onclick = () => {
    list.follow();
    $('text').focus();
  };
  $('viewer').onclick = () => $('viewer').close();
  for (const type of ['visibilitychange', 'focus']) addEventListener(type, look);
  $('log').addEventListener('scroll', look);
}

export function show(opened) {
  room = opened;
  const c = room.open;
  c.first = c.unread ? c.items.filter((each) => each.kind === 'message' && !each.own).at(-c.unread) : undefined;
  list.follow();
  redraw();
}

export function redraw() {
  if (!room) return;
  list.redraw();
  about();
  look();
}

function enlarge({ src, alt }) {
  $('viewer').replaceChildren(element('img', { src, alt }), element('button', { autofocus: true }, text.done));
  $('viewer').showModal();
}

// looking: the user sees what comes.
export const looking = (c) => c === room.open && list.atEnd && !document.hidden && document.hasFocus();

export function items(c) {
  if (c !== room.open) return;
  list.changed();
  look();
}

export function arrived(c, item) {
  const isOpen = c === room.open;
  if (item.own) {
    if (isOpen) list.follow();
    return;
  }
  if (!looking(c)) c.unread++;
  if (isOpen && c.unread === 1) {
    if (c.first) c.first.stale = true;
    c.first = item;
  }
  if (isOpen || c.personal || item.mentions) {
    said.push(item);
    speak();
  }
}

const speak = inTime(() => {
  const now = said.splice(0);
  const each = now.map((item) => text.says(item.from, summary(item)));
  $('said').textContent = now.length > 3 ? text.newMessages(now.length) : each.join('\n');
});

// look notes what has been read, and fetches what is soon to be.
const look = inTime(() => {
  const c = room?.open;
  if (!c) return;
  if ($('log').clientHeight && $('log').scrollTop < 600) room.load(c);
  if (looking(c) && (c.unread || c.seen < c.newest)) {
    c.read();
    changed();
  }
  $('newest').hidden = list.atEnd;
  write($('newest'), text.newest(c.unread));
  write($('earlier'), c.loading ? text.loading : c.more || !c.items.length ? '' : text.beginning);
  $('empty').hidden = c.all.length > 0 || c.loading;
  write($('empty'), c.joined ? text.empty : text.joinHint);
});

export function about() {
  const c = room.open;
  const { name, group } = c;
  write($('title'), label(name, room.me));
  $('title').title = name;
  let what = '';
  if (name === 'all') what = text.onlineNow(room.people.count);
  else if (c.personal) what = room.people.has(name) ? text.isOnline : text.isAway;
  else if (!c.joined) what = text.notIn;
  else if (c.members) what = `${text.onlineNow(c.members.count)}: ${c.members.users.slice(0, 50).join(', ')}`;
  write($('about'), room.connected ? what : '');
  $('join').hidden = !group || c.joined;
  $('leave').hidden = !group || !c.joined;
  $('join').disabled = $('leave').disabled = !room.connected;
  $('text').ariaLabel = $('text').placeholder = text.writeIn(label(name, room.me));
}
