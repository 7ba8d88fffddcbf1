// The first screen: a name, and a password where there are any.

import { access } from '../state/access.js';
import { app, on } from '../state/app.js';
import { kept } from '../state/kept.js';
import { text } from '../words/text.js';
import { focus } from './composer.js';
import { $, write } from './dom.js';

export function begin() {
  $('name').value = kept('id') ?? '';
  $('login-form').onsubmit = (event) => {
    event.preventDefault();
    import('./entering.js').then(({ submit }) => submit(), () => write($('login-why'), text.unreachable));
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
  if (state === 'connected' && ['', 'name', 'password', 'enter', 'now'].includes(document.activeElement.id)) focus();
  if (state === 'idle' && document.activeElement.id !== 'password') $('name').focus();
}
