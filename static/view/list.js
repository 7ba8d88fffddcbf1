// The list of conversations and people, in sections, the field that finds in it, and whose it is.

import { app, on, open } from '../state/app.js';
import { text } from '../words/text.js';
import { tile } from './colour.js';
import { $, arrange, inTime, write } from './dom.js';
import { entry, fill } from './entry.js';
import { Near } from './near.js';

const sections = ['pinned', 'unread', 'groups', 'people', 'found'];

let place = new Map(); // section by conversation
let order = []; // of conversations
let find; // find.js, once somebody comes near the list
let begun = ''; // what can be begun
let rows;
const redraw = inTime(draw);

// lookup loads what few need.
export const lookup = (then) => import('./lookup.js').then(then).catch(reportError);

// menu has a button open a menu, which is loaded then.
export function menu(opener, which) {
  opener.onclick = () => import('./menus.js').then((menus) => {
    if (opener.onclick) menus[which](opener);
    opener.onclick = undefined;
  }, reportError);
}

export function begin() {
  rows = new Near($('conversations'), entry, fill);
  menu($('account'), 'account');
  $('search').onclick = () => lookup(({ search }) => search(undefined, $('find').value.trim()));
  $('groups').onclick = () => lookup(({ allGroups }) => allGroups());
  const side = $('side');
  side.onclick = ({ target }) => {
    const name = target.closest('button')?.dataset.open;
    if (name !== undefined) take(name);
  };
  side.onmouseleave = redraw;
  side.onfocusin = () => withFind(() => {});
  $('find').oninput = () => withFind(draw);
  side.onkeydown = (event) => {
    const isDone = find?.key(event, rows, take, draw) ?? withFind(() => find.key(event, rows, take, draw));
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation();
  };
  on('session change language day', redraw);
  on('session open', inTime(() => {
    draw();
    rows.reveal(app.open?.name);
  }));
  on('session connection language', () => {
    const me = app.session?.me ?? '';
    write($('me'), me);
    $('me').title = me;
    if (me) $('my-sign').replaceChildren(tile(me));
  });
}

function withFind(then) {
  if (find) return void then();
  import('./find.js').then((loaded) => {
    find = loaded;
    then();
  }, reportError);
}

// next is the conversation that many steps away.
export const next = (step) => order[(order.indexOf(app.open.name) + step + order.length) % order.length];

function take(name) {
  $('find').value = '';
  open(name);
}

function draw() {
  const { session } = app;
  if (!session) return;
  const typed = $('find').value.trim().normalize();
  const all = sorted(typed);
  const known = new Set(all.map(({ name }) => name));
  const others = session.people.users.filter((user) => !known.has(user) && (typed || !session.conversations.has(user))); // who is hidden is not there
  const names = { pinned: [], unread: [], groups: [], people: [], found: [] };
  let begin = [];
  if (typed && find) ({ found: names.found, begin } = find.find(session, typed, [...known, ...others]));
  else {
    place = new Map(all.map((c) => [c.name, section(c)]));
    for (const { name } of all) names[place.get(name)].push(name);
    order = sections.flatMap((each) => names[each]);
    names.people.push(...others);
  }
  rows.show(sections.map((each) => ({ ul: $(`list-${each}`), names: names[each] })));
  if (String(begin) !== begun) arrange($('begin'), begin.map(find.beginning));
  begun = String(begin);
  const more = session.people.count - session.people.users.length;
  write($('more'), more > 0 && !typed ? text.more(more) : '');
  write($('search').lastChild, typed ? text.searchFor(typed) : text.search);
  write($('count'), String(session.people.count || ''));
}

// Under the mouse nothing changes its place.
const isCalm = () => $('conversations').matches(':hover');
const mark = ({ name }, which) => app.session.chat.marks.get(name)?.[which];

// section is where a conversation is listed; the open one stays where it was.
function section(c) {
  if (mark(c, 'pin')) return 'pinned';
  const was = place.get(c.name);
  if (was && was !== 'pinned' && (c === app.open || isCalm())) return was;
  if (c.unread && !mark(c, 'mute')) return 'unread';
  return c.personal ? 'people' : 'groups';
}

function sorted(typed) {
  const calm = !typed && isCalm();
  const at = new Map(order.map((name, i) => [name, i]));
  const before = (a, b) => (calm && at.has(a.name) && at.has(b.name) ? at.get(a.name) - at.get(b.name) : b.at - a.at);
  return [...app.session.conversations.values()].filter((c) => typed || c.unread || c === app.open || !mark(c, 'hide')).sort(before);
}
