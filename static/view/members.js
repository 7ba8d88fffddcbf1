// Who is in the open conversation, online and away, beside it.

import { text } from '../words/text.js';
import { $, write } from './dom.js';
import { entry, presence } from './entry.js';
import { Near } from './near.js';
import './later.js';

let isOn; // users
const rows = new Near($('members'), entry, (li, user) => {
  presence(li.firstChild, isOn.has(user));
  write(li.firstChild.children[1], user);
});

export function show(online, away) {
  isOn = new Set(online.users);
  write($('count-on'), `${text.online} ${online.count}`);
  write($('count-away'), `${text.away} ${away?.count}`);
  rows.show([{ ul: $('members-on'), names: online.users }, { ul: $('members-away'), names: away?.users ?? [] }]);
}
