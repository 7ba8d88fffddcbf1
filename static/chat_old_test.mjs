// chat.js as it was before messages could change, with a server that has messages that do
// (PROTOCOL 5.1): programs carry their own copies. Run with
// `node --test static/chat_old_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { again, connected, message, settled, sockets } from './chat_script.mjs';
import { Chat } from './testdata/chat_before_amendments.js';

const changing = [
  message('all', 1),
  message('all', 2, { text: 'new', edit: 1 }),
  message('all', 3, { text: '👍', react: 1 }),
  message('all', 4, { text: undefined, react: 1, was: '👍' }),
  message('all', 5, { text: 'answer', reply: 1 }),
  message('all', 6, { text: undefined, delete: 1 }),
  message('all', 7, { from: '', text: undefined, delete: 5 }), // the operator's
];

function texts(chat) {
  const all = [];
  chat.addEventListener('message', ({ detail: { seq, text } }) => all.push([seq, text]));
  return all;
}

test('live: every number once, an edit as a new text', (t) => {
  const { chat, take } = connected(t, {}, { marks: { all: { read: 1 } }, topics: {}, max_message: 9, max_file: 0, role: '' }, { Client: Chat });
  const said = texts(chat);
  sockets[0].says(...changing.slice(0, 4), { event: 'mark', of: 'all', read: 2 }, { event: 'typing', user: 'B', to: 'A' },
    { event: 'topic', group: 'groupA', text: 'x', user: 'B' }, ...changing.slice(3), message('all', 8));
  assert.deepEqual(said, [[1, '1'], [2, 'new'], [3, '👍'], [4, ''], [5, 'answer'], [6, ''], [7, ''], [8, '8']]);
  assert.equal(take().length, 8);
  assert.equal(chat.state, 'connected');
  assert.deepEqual(sockets[0].sent, []);
});

test('catching up: likewise, and what is deleted has no text', async (t) => {
  const all = connected(t, {}, {}, { Client: Chat });
  const said = texts(all.chat);
  sockets[0].says(changing[0]);
  const socket = await again(all, { all: 8 });
  socket.says(message('all', 9, { text: undefined, delete: 8 }));
  socket.history('all', [
    message('all', 2, { text: undefined, edit: 1 }), message('all', 3, { text: undefined, react: 1 }), ...changing.slice(3, 4),
    message('all', 5, { text: undefined, deleted: true, reply: 1 }), ...changing.slice(5),
    message('all', 8, { text: 'now', edited: '2026-01-02T15:04:05.678Z', reactions: [{ text: '👍', count: 1, users: ['A'] }] }),
  ]);
  await settled();
  assert.deepEqual(said, [[1, '1'], [2, ''], [3, ''], [4, ''], [5, ''], [6, ''], [7, ''], [8, 'now'], [9, '']]);
  assert.equal(all.take().length, 9);
});

// It says '' for the name of the other, whom the event does not name, and asks once for that.
test('a private message that the operator has deleted: it is found with the next one', async (t) => {
  const all = connected(t, { B: 1 }, {}, { Client: Chat });
  sockets[0].says({ event: 'message', seq: 2, from: '', to: 'A', delete: 1, time: '2026-01-02T15:04:05.678Z' });
  sockets[0].answers({ event: 'error', code: 'bad_target', message: 'why' });
  await settled();
  sockets[0].says(message('B', 3));
  sockets[0].history('B', [message('B', 2, { from: '', text: undefined, delete: 1 }), message('B', 3)]);
  await settled();
  assert.equal(all.chat.state, 'connected');
  assert.equal(all.take().at(-1), 'B 3');
});
