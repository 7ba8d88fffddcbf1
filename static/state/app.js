// The one place of what the page shows: whose session it is, which conversation is open, how
// the connection is. Views read it, and hear of changes by on; nothing else holds state.

import { address, addressOf } from './address.js';
import { attempt } from './attempt.js';
import { Session } from './session.js';

export const app = {
  session: undefined, // of who is or was connected
  open: undefined, // the conversation that is shown
  at: undefined, // the number in it that an address named, until it is in sight
  connection: { state: 'idle' }, // the detail of chat.js's state
};

// What is told: session (another one, or none), connection, open (another conversation),
// welcome, change (of what lists and heads show), items(conversation), arrived(conversation, item)
// of a new message, visited(conversation) when what is to be shown first is there,
// read(conversation), typing, language, marked (texts are drawn otherwise), day (another one has begun).
const heard = new Map();

export function on(types, then) {
  for (const type of types.split(' ')) heard.set(type, [...heard.get(type) ?? [], then]);
}
export function tell(type, ...detail) {
  for (const then of heard.get(type) ?? []) attempt(() => then(...detail));
}

// enter makes a new session, so that nothing of who was here before is seen.
export function enter({ user = '', token = '' }) {
  app.session?.chat.disconnect();
  app.session = new Session({ user, token }, tell);
  const { name = 'all', at } = address(location.hash);
  Object.assign(app, { open: app.session.get(name), at });
  tell('session');
  app.session.chat.connect();
}

export function leave() {
  app.session?.chat.disconnect();
  Object.assign(app, { session: undefined, open: undefined, at: undefined });
  tell('session');
  tell('connection', { state: 'idle' });
}

function visit() {
  const { session, open: c, at } = app;
  if (c.group) session.count(c);
  session.loading.visit(c, at);
}

// open shows a conversation, at the message of a number if one is given. quietly: nobody chose it.
export function open(name, { at, quietly = false } = {}) {
  const { session } = app;
  if (!session) return;
  app.open = session.get(name);
  app.at = at;
  if (!quietly && address(location.hash).name !== name) history.pushState(null, '', addressOf(name, at));
  visit();
  tell('open', quietly);
  tell('change');
}

// back and forward, and links to conversations.
globalThis.addEventListener?.('hashchange', () => {
  const { name, at } = address(location.hash);
  if (name && (app.open?.name !== name || at)) open(name, { at, quietly: true });
  else if (!name && location.hash.length < 2 && app.open?.name !== 'all') open('all', { quietly: true });
});

on('connection', (detail) => { app.connection = detail; });
on('welcome', (first) => {
  if (first) visit();
  else if (app.open.group) app.session.count(app.open); // who came and went meanwhile
});
