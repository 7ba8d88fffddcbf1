// Who one is to the server: the token, for as long as this tab lives, and why one was not let in.

import { app, enter, leave, on, tell } from './app.js';
import { keep, kept } from './kept.js';

const key = 'wschat token';
// /about; and refused: how a server that is there refuses: '', 'denied' (401) or 'full'.
export const access = { about: { login: false, guests: true, tokens: false }, token: '', refused: '' };

export function begin() {
  on('welcome', () => {
    if (access.token) return; // which stays with the tab
    keep('id', app.session.me);
    keep('enter', true);
  });
  on('connection', (detail) => {
    if (detail.state === 'connected' || detail.opened) access.refused = '';
    else if (detail.state === 'waiting') import('./inquiry.js').then(({ inquire }) => inquire(), () => {}); // there may be no network
    if (detail.state === 'closed' && detail.code === 4001) setToken('');
  });
  addEventListener('hashchange', () => {
    if (readToken()) enter({ token: access.token });
  });
  fetch('about').then((answer) => answer.json()).then((about) => Object.assign(access.about, about)).catch(() => {}).then(() => tell('access'));
  try {
    access.token = sessionStorage.getItem(key) ?? '';
  } catch { // then the login lasts as long as the page
  }
  if (readToken() || access.token) enter({ token: access.token });
  else if (kept('enter')) enter({ user: kept('id') ?? '' });
}

export function setToken(token) {
  access.token = token;
  try {
    if (token) sessionStorage.setItem(key, token);
    else sessionStorage.removeItem(key);
  } catch { // as said
  }
}

// readToken takes a token out of the address, and leaves what a link picks up on its way.
function readToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get('token')?.match(/[\w-]+(\.[\w-]+)*/);
  if (!found) return false;
  setToken(found[0]);
  history.replaceState(null, '', location.pathname + location.search);
  return true;
}

// logOut: whoever comes to this browser next has to log in.
export function logOut() {
  keep('enter', false);
  setToken('');
  leave();
}
