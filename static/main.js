// The page begins: its words, its views, and whoever was here before.

import * as access from './state/access.js';
import { app, on, tell } from './state/app.js';
import * as attachments from './view/attachments.js';
import * as composer from './view/composer.js';
import * as connection from './view/connection.js';
import * as file from './view/file.js';
import * as header from './view/header.js';
import { icons } from './view/icon.js';
import * as keys from './view/keys.js';
import * as list from './view/list.js';
import * as log from './view/log.js';
import * as login from './view/login.js';
import * as notify from './view/notify.js';
import { speak } from './words/text.js';

await speak();
for (const view of [connection, list, header, log, composer, file, login, notify, keys]) view.begin();
attachments.begin(composer.complain);
tell('connection', { state: 'idle' });
icons();
tell('language');
access.begin();
// What is needed where there is no network is loaded while there is one.
on('welcome', () => ['state/inquiry', 'view/find', 'view/menus', 'view/settings'].map((each) => import(`./${each}.js`).catch(() => {})));
let today = new Date().toDateString();
setInterval(() => { // a machine may have slept when the day began
  const now = new Date().toDateString();
  if (now !== today) tell('day');
  today = now;
}, 2000);
for (const type of ['pagehide', 'visibilitychange']) addEventListener(type, () => app.session?.keepRead());
addEventListener('pagehide', () => app.session?.sending.flush());
