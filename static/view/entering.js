// What becomes of a name, and a password, on the first screen.

import { access } from '../state/access.js';
import { app, enter } from '../state/app.js';
import { isUserId } from '../state/names.js';
import { suggestion } from '../state/naming.js';
import { logIn } from '../state/password.js';
import { text } from '../words/text.js';
import { $, write } from './dom.js';

export function submit() {
  const user = $('name').value.trim().normalize(); // an id is written in one way only
  const password = $('password').value;
  const bad = !access.token && user && !isUserId(user);
  $('name').ariaInvalid = Boolean(bad);
  $('suggested').hidden = true;
  if (bad) return suggest(user);
  if (password && access.about.login) return withPassword(user, password);
  const { session, connection } = app;
  if (session && !session.me && session.chat.user === user && connection.state !== 'closed') session.chat.connect();
  else enter(access.token ? { token: access.token } : { user });
}

// suggest says what a name may be, and what this one could.
function suggest(typed) {
  write($('login-why'), text.badName);
  const name = suggestion(typed);
  $('suggested').hidden = !name;
  write($('suggested'), text.perhaps(name));
  $('suggested').onclick = () => {
    $('name').value = name;
    submit();
  };
  $('name').focus();
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
