// The strip that says how the connection is, if it is not as it should be.

import { app, on } from '../state/app.js';
import { access, logOut } from '../state/access.js';
import { closeReason, text } from '../words/text.js';
import { $, write } from './dom.js';

let due = 0; // ms at which it is tried again

export function begin() {
  $('now').onclick = () => (mustLogIn() ? logOut() : app.session.chat.connect());
  on('connection', ({ in: wait = 0 }) => {
    due = Date.now() + wait;
    draw();
  });
  on('access items language', draw);
  setInterval(() => app.connection.state === 'waiting' && draw(), 500);
}

// A token that is no longer good is not tried again.
const mustLogIn = () => app.connection.state === 'closed' && (app.connection.code === 4001 || ['denied', 'expired'].includes(access.refused));

// said is what is to be said of the connection, '' if nothing is.
export function said() {
  const { state } = app.connection;
  const why = () => closeReason(app.connection, access.refused);
  if (state === 'connecting') return text.connecting;
  if (state === 'waiting') return text.waiting(why(), Math.max(0, Math.ceil((due - Date.now()) / 1000)));
  if (state !== 'closed') return '';
  return access.refused ? text.notLetIn(why()) : text.closed(why());
}

function draw() {
  const { session, connection: { state } } = app;
  const words = said();
  document.body.dataset.state = state;
  for (const id of ['why', 'login-why']) write($(id), words);
  write($('more-why'), state === 'waiting' && session.sending.waiting ? text.writesOn(session.sending.waiting) : '');
  $('strip').hidden = !words;
  $('now').hidden = state === 'connecting';
  write($('now'), mustLogIn() ? text.logIn : state === 'closed' ? text.connect : text.now);
  $('send').disabled = state === 'closed';
}
