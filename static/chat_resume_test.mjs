// Run with `node --test static/chat_resume_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { again, asked, connected, message, settled, sockets } from './chat_script.mjs';

test('the first connection delivers what comes, not what was', (t) => {
  const { take } = connected(t, { all: 812, B: 7 });
  assert.deepEqual(sockets[0].sent, []);
  sockets[0].says(message('all', 813), message('B', 8));
  assert.deepEqual(take(), ['all 813', 'B 8']);
  sockets[0].says(message('all', 813));
  assert.deepEqual(take(), []);
});

test('what comes live is delivered, even if the welcome told of it', (t) => {
  const { take } = connected(t, { all: 812 });
  sockets[0].says(message('all', 811), message('all', 812), message('all', 812));
  assert.deepEqual(take(), ['all 811', 'all 812']);
});

test('history: true delivers all that is kept', async (t) => {
  const { take } = connected(t, { all: 812 }, {}, { history: true });
  assert.deepEqual(asked(sockets[0]), [{ op: 'history', of: 'all', after: 0, limit: 200 }]);
  sockets[0].history('all', [811, 812]);
  await settled();
  assert.deepEqual(take(), ['gap all 1-810', 'all 811', 'all 812']);
});

test('after a break the rest is fetched, page by page, and live messages wait', async (t) => {
  const all = connected(t, { all: 2 });
  sockets[0].says(message('all', 3));
  const socket = await again(all, { all: 7, B: 1 });
  assert.deepEqual(asked(socket), [{ op: 'history', of: 'all', after: 3, limit: 200 }]);
  socket.says(message('all', 8), message('all', 9));
  assert.deepEqual(all.take(), ['all 3']);
  socket.history('all', [4, 5, 6], true);
  await settled();
  assert.deepEqual(asked(socket)[1], { op: 'history', of: 'all', after: 6, limit: 200 });
  socket.history('all', [7, 8], false);
  await settled();
  assert.deepEqual(all.take(), ['all 4', 'all 5', 'all 6', 'all 7', 'all 8', 'all 9']);
  assert.deepEqual(asked(socket)[2], { op: 'history', of: 'B', after: 0, limit: 200 });
  socket.history('B', [1]);
  await settled();
  assert.deepEqual(all.take(), ['B 1']);
  assert.equal(socket.sent.length, 3);
});

test('a hole seen live is filled', async (t) => {
  const { take } = connected(t);
  sockets[0].says(message('all', 1), message('all', 3), message('B', 1));
  assert.deepEqual(take(), ['all 1', 'B 1']);
  sockets[0].history('all', [2, 3]);
  await settled();
  sockets[0].says(message('all', 4));
  assert.deepEqual(take(), ['all 2', 'all 3', 'all 4']);
});

test('what is no longer kept is a gap, on both sides of what was held', async (t) => {
  const { take } = connected(t);
  sockets[0].says(message('all', 1), message('all', 4), message('all', 9));
  sockets[0].history('all', [8, 9]);
  await settled();
  assert.deepEqual(take(), ['all 1', 'gap all 2-3', 'all 4', 'gap all 5-7', 'all 8', 'all 9']);
  sockets[0].says(message('all', 11));
  sockets[0].history('all', []);
  await settled();
  assert.deepEqual(take(), ['gap all 10-10', 'all 11']);
});

test('more than can be held back is fetched again', async (t) => {
  const { take } = connected(t, {}, {}, { maxHeld: 2 });
  sockets[0].says(...[2, 3, 4, 5].map((seq) => message('all', seq)));
  sockets[0].history('all', [1]);
  await settled();
  assert.deepEqual(take(), ['all 1', 'all 2', 'all 3']);
  assert.equal(sockets[0].sent.at(-1).after, 3);
  sockets[0].history('all', [4, 5]);
  await settled();
  assert.deepEqual(take(), ['all 4', 'all 5']);
});

test('a break while fetching: the next connection goes on', async (t) => {
  const all = connected(t);
  await again(all, { all: 3 });
  await settled();
  const socket = await again(all, { all: 4 });
  await settled();
  assert.equal(socket.sent.length, 1);
  socket.history('all', [1, 2, 3, 4]);
  await settled();
  assert.deepEqual(all.take(), ['all 1', 'all 2', 'all 3', 'all 4']);
});

test('unavailable: it is asked again', async (t) => {
  const { take, tick } = connected(t);
  sockets[0].says(message('all', 2));
  sockets[0].answers({ event: 'error', code: 'unavailable', message: '' });
  await settled();
  assert.equal(sockets[0].sent.length, 1);
  tick(1000);
  sockets[0].history('all', [1, 2]);
  await settled();
  assert.deepEqual(take(), ['all 1', 'all 2']);
});

test('a conversation for which the welcome had no room is asked for', async (t) => {
  const all = connected(t, { all: 1, B: 2 });
  const socket = await again(all, { all: 1 }, { more: true });
  assert.deepEqual([socket.sent[0].of, socket.sent[0].after], ['B', 2]);
  socket.history('B', [3, 4]);
  await settled();
  socket.history('B', []);
  await settled();
  assert.deepEqual(all.take(), ['B 3', 'B 4']);
  assert.equal(socket.sent.length, 2);
});

test('a new epoch: all begins anew, in a new connection and in the same', async (t) => {
  const all = connected(t, { all: 812 });
  let socket = await again(all, { all: 2 }, { epoch: 'e2' });
  socket.history('all', [1, 2]);
  await settled();
  assert.deepEqual(all.take(), ['epoch e2', 'all 1', 'all 2']);
  socket.says({ event: 'welcome', user: 'A', epoch: 'e3', groups: [], conversations: { all: 1 }, online: ['A'], count: 1 });
  socket.history('all', [1]);
  await settled();
  assert.deepEqual(all.take(), ['epoch e3', 'all 1']);
  assert.equal(all.states.filter(({ state }) => state === 'connected').length, 2);
});

test('a group begins with its first message since one joined, and goes on after one left', async (t) => {
  const all = connected(t);
  sockets[0].says({ event: 'joined', group: 'groupA', user: 'A' }, message('groupA', 41), message('groupA', 42));
  sockets[0].says({ event: 'left', group: 'groupA', user: 'A' });
  sockets[0].says({ event: 'joined', group: 'groupA', user: 'A' }, message('groupA', 50));
  assert.deepEqual(all.take(), ['groupA 41', 'groupA 42', 'groupA 50']);
  const socket = await again(all, {}, { groups: [] }); // left elsewhere
  await again(all, { groupA: 60 }, { groups: ['groupA'] });
  assert.equal(socket.sent.length, 0);
  assert.equal(sockets.at(-1).sent[0].after, 50);
});

test('no longer a member while fetching: the rest goes on', async (t) => {
  const all = connected(t, { groupA: 1 }, { groups: ['groupA'] });
  const socket = await again(all, { groupA: 3, B: 1 }, { groups: ['groupA'] });
  socket.answers({ event: 'error', code: 'not_member', message: '' });
  await settled();
  socket.history('B', [1]);
  await settled();
  assert.deepEqual(all.take(), ['B 1']);
});
