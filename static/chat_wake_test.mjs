// A page that wakes: after sleep, in another network, behind other windows. Run with
// `node --test static/chat_wake_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { asked, begin, sockets } from './chat_script.mjs';

// page is begin in a page: wake(type) is an event of its window.
function page(t, options) {
  const window = new EventTarget();
  const listening = new Set();
  globalThis.addEventListener = (type, listener) => {
    listening.add(type);
    window.addEventListener(type, listener);
  };
  globalThis.removeEventListener = (type, listener) => {
    listening.delete(type);
    window.removeEventListener(type, listener);
  };
  globalThis.document = { hidden: false };
  t.after(() => {
    for (const name of ['addEventListener', 'removeEventListener', 'document']) delete globalThis[name];
  });
  const all = begin(t, options);
  all.chat.connect();
  return { ...all, wake: (type) => window.dispatchEvent(new Event(type)), listening };
}

for (const type of ['visibilitychange', 'focus', 'online']) {
  test(`${type}: no answer in 3 s, and it comes back at once`, (t) => {
    const { chat, states, tick, wake } = page(t);
    sockets[0].welcomes();
    tick(5000);
    wake(type);
    assert.deepEqual(asked(sockets[0]), [{ op: 'history', of: 'all', before: 1, limit: 1 }]);
    tick(2999);
    assert.equal(chat.state, 'connected');
    tick(1);
    assert.deepEqual([sockets[0].closedWith, states.at(-2).in, chat.state, sockets.length], [1000, 0, 'connecting', 2]);
    sockets[1].ends(1006);
    assert.ok(states.at(-1).in <= 2000, 'and goes on as after other breaks');
  });
}

test('an answer, or anything else: all is as before', (t) => {
  const { chat, tick, wake } = page(t);
  sockets[0].welcomes();
  wake('focus');
  tick(2000);
  for (const type of ['online', 'focus']) wake(type); // asks no more, and does not wait longer
  sockets[0].answers({ event: 'history', of: 'all', messages: [], more: false });
  assert.equal(sockets[0].sent.length, 1);
  tick(29999);
  assert.equal(sockets[0].sent.length, 1);
  wake('focus');
  sockets[0].says({ event: 'online', user: 'B' });
  tick(10000);
  assert.deepEqual([sockets[0].sent.length, chat.state], [2, 'connected']);
});

test('it wakes while it waits for an answer: the 3 s count', (t) => {
  const { tick, wake } = page(t);
  sockets[0].welcomes();
  tick(30000);
  wake('focus');
  tick(3000);
  assert.equal(sockets.length, 2);
});

test('after a sleep nothing is asked: it comes back at once', (t) => {
  const { chat, wake } = page(t);
  sockets[0].welcomes();
  const now = Date.now;
  Date.now = () => 1e12 + 120001; // and no timer has noticed
  wake('focus');
  Date.now = now;
  t.mock.timers.tick(0);
  assert.deepEqual([sockets.length, sockets[0].sent, chat.state], [2, [], 'connecting']);
});

test('who waits to come back does so at once', (t) => {
  const { chat, wake } = page(t);
  sockets[0].ends(1006);
  wake('focus');
  assert.deepEqual([sockets.length, chat.state], [2, 'connecting']);
});

test('an attempt is made anew if it is older than 3 s, or the network has come', (t) => {
  const { tick, wake } = page(t);
  tick(3000);
  wake('focus');
  assert.equal(sockets.length, 1);
  tick(1);
  wake('focus');
  assert.equal(sockets.length, 2);
  wake('online');
  assert.equal(sockets.length, 3);
});

test('going out of sight is no waking; a hidden page comes back when the network does', (t) => {
  const { wake } = page(t);
  sockets[0].welcomes();
  document.hidden = true;
  wake('visibilitychange');
  assert.deepEqual(sockets[0].sent, []);
  sockets[0].ends(1006);
  wake('online');
  assert.equal(sockets.length, 2);
});

test('nothing is left behind', (t) => {
  const { chat, tick, wake, listening } = page(t);
  sockets[0].welcomes();
  wake('focus');
  chat.disconnect();
  assert.equal(listening.size, 0);
  wake('focus');
  tick(100000);
  assert.deepEqual([sockets.length, sockets[0].sent.length, chat.state], [1, 1, 'closed']);
});

test('outside of pages there is nothing to hear', (t) => {
  const { chat } = begin(t);
  chat.connect();
  sockets[0].welcomes();
  chat.disconnect();
  assert.equal(chat.state, 'closed');
});
