// Who is in the open conversation, online and away, beside it.

import { text } from '../words/text.js';
import { $, element, write } from './dom.js';
import { entry, presence } from './entry.js';
import { Near } from './near.js';
import './later.js';

const [countOn, countAway] = [element('h2', { id: 'count-on' }), element('h2', { id: 'count-away' })];
const [listOn, listAway] = [element('ul', { id: 'members-on' }), element('ul', { id: 'members-away' })];
$('members').append(countOn, listOn, countAway, listAway);
let isOn; // users
const rows = new Near($('members'), entry, (li, user) => {
  presence(li.firstChild, isOn.has(user));
  write(li.firstChild.children[1], user);
});

export function show(online, away) {
  isOn = new Set(online.users);
  write(countOn, `${text.online} ${online.count}`);
  write(countAway, `${text.away} ${away?.count}`);
  rows.show([{ ul: listOn, names: online.users }, { ul: listAway, names: away?.users ?? [] }]);
}
