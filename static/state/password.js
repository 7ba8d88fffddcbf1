// The way in with a password, which gives a token (PROTOCOL 9).

import { setToken } from './access.js';
import { enter } from './app.js';

// logIn resolves to '', or to why not: 'password', 'guesses', 'busy' or 'unreachable'.
export async function logIn(user, password) {
  const answer = await fetch('login', { method: 'POST', body: JSON.stringify({ user, password }) }).catch(() => {});
  if (!answer) return 'unreachable';
  if (!answer.ok) return { 400: 'password', 401: 'password', 429: 'guesses' }[answer.status] ?? 'busy';
  const { token } = await answer.json();
  setToken(token);
  enter({ token });
  return '';
}
