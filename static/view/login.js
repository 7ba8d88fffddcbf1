// The first screen: a name, and a password where there are any.

import { access, logIn } from '../state/access.js';
import { app, enter, on } from '../state/app.js';
import { kept } from '../state/kept.js';
import { isUserId } from '../state/names.js';
import { text } from '../words/text.js';
import { $, write } from './dom.js';

export function begin() {
  $('name').value = kept('id') ?? '';
  $('login-form').onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  document.querySelector('.language').onclick = () => import('./menus.js').then(({ translate }) => translate(), reportError);
  on('session connection access language', draw);
}

function draw() {
  const me = app.session?.me ?? '';
  const { state } = app.connection;
  const { about: { login, guests, tokens }, token } = access;
  $('login').hidden = me !== '';
  $('app').hidden = !me;
  if (token) $('name').value = '';
  $('name').readOnly = Boolean(token) || state === 'connecting';
  $('password-part').hidden = !login || Boolean(token);
  write($('by-link'), !login && !guests && tokens && !token ? text.byLink : '');
  $('enter').disabled = state === 'connecting';
  write($('enter'), state === 'waiting' ? text.now : text.connect);
  if (state === 'connected' && ['', 'name', 'password', 'enter', 'now'].includes(document.activeElement.id)) $('text').focus();
  if (state === 'idle' && document.activeElement.id !== 'password') $('name').focus();
}

async function submit() {
  const user = $('name').value.trim().normalize(); // an id is written in one way only
  const password = $('password').value;
  const bad = !access.token && user && !isUserId(user);
  $('name').ariaInvalid = Boolean(bad);
  if (bad) return write($('login-why'), text.badName);
  if (password && access.about.login) return withPassword(user, password);
  const { session, connection } = app;
  if (session && !session.me && session.chat.user === user && connection.state !== 'closed') session.chat.connect();
  else enter(access.token ? { token: access.token } : { user });
}

async function withPassword(user, password) {
  $('enter').disabled = true;
  const why = await logIn(user, password);
  $('enter').disabled = false;
  if (!why) $('password').value = '';
  else {
    write($('login-why'), text.logInErrors[why]);
    $('password').select();
  }
}
