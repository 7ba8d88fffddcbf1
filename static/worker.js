// The page's service worker. It keeps the page's files, so that the page opens without the
// network, and shows notifications where pages may not.

const home = new URL('./', location).href; // the page is beside this file
const file = /^(|[a-z]+\.(js|css|svg|webmanifest)|(chat|state|view|words)\/[a-z]+\.js)$/; // /files, /login and the like are nobody's to keep
const patience = 3000; // ms for the network, when the file is kept

self.addEventListener('install', (event) => event.waitUntil(keepAll().then(() => skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));

self.addEventListener('fetch', (event) => {
  const url = address(event.request);
  if (event.request.method === 'GET' && url.startsWith(home) && file.test(url.slice(home.length))) {
    event.respondWith(answer(event.request, url));
  }
});

self.addEventListener('notificationclick', ({ notification, waitUntil }) => {
  notification.close();
  waitUntil(open(notification.data));
});

// address leaves out the query, which may have a token.
const address = ({ url }) => url.replace(/[?#].*/, '');

// keepAll keeps what the page will load: the server names its style and modules with it.
async function keepAll() {
  const page = await fetch(home);
  const named = [...page.headers.get('Link').matchAll(/<([^>]*)>/g)].map(([, url]) => url);
  const cache = await caches.open(home);
  await cache.addAll(['', 'favicon.svg', 'manifest.webmanifest', 'words/en.js', 'words/zh.js', 'view/actions.js', 'view/lookup.js', ...named].map((url) => home + url));
}

// answer is the newest file that can be had: what is kept stands in for a network that fails, or
// keeps one waiting.
async function answer(request, url) {
  const kept = await caches.match(url, { ignoreVary: true });
  const fresh = fetch(request).then((response) => keep(url, response));
  if (!kept) return fresh;
  const late = new Promise((done) => { setTimeout(done, patience, kept); });
  return Promise.race([fresh, late]).then((response) => (response.status < 500 ? response : kept), () => kept);
}

async function keep(url, response) {
  if (response.status === 200) await (await caches.open(home)).put(url, response.clone());
  return response;
}

// open shows a conversation in a window of the page, in one that there is if possible.
async function open(conversation) {
  const [page] = await clients.matchAll({ type: 'window' });
  if (!page) return clients.openWindow(`${home}#/${encodeURIComponent(conversation)}`);
  page.postMessage({ open: conversation });
  return page.focus();
}
