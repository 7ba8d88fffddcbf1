// Why a server that is there lets nobody in. Browsers do not tell a page why an upgrade was
// refused, so the page asks in another way.

import { access, setToken } from './access.js';
import { app, tell } from './app.js';
import { keep } from './kept.js';
import { claims } from './token.js';

export async function inquire() {
  const { session } = app;
  const said = await ask(session.chat).catch(() => '');
  if (session !== app.session || session.connected) return;
  access.refused = said;
  if (said === 'denied' || said === 'expired') {
    setToken('');
    keep('enter', false);
    session.chat.disconnect();
  }
  tell('access');
}

// ask resolves to '' as well if the server is out of order, or cannot tell.
async function ask({ user, token }) {
  if (!(await fetch('healthz')).ok) return '';
  if (token && !(claims(token).exp * 1000 > Date.now())) return 'expired'; // or it is no token
  if (!token && !access.about.guests) return 'denied';
  const query = new URLSearchParams(user ? { userId: user } : {});
  const { status } = await fetch(`about?${query}`, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  return { 200: 'full', 401: 'denied' }[status] ?? '';
}
