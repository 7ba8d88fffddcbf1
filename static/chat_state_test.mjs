// What becomes of messages (PROTOCOL 5.1), as in hub/chat/present_test.go. Run with
// `node --test static/chat_state_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { amend } from './chat.js';
import { again, binary, connected, message, settled, sockets } from './chat_script.mjs';

// entry returns an amendment of message 1 as the tables below name it: e:TEXT, d, r:TEXT or
// r:TEXT<WAS.
function entry(what, seq) {
  const [, from, kind, text, was] = /^(\w+) (\w):?([^<]*)<?(.*)$/.exec(what);
  const name = { e: 'edit', d: 'delete', r: 'react' }[kind];
  return message('all', seq, { from, text: text || undefined, [name]: 1, was: was || undefined });
}

function state({ text, edited, deleted, reactions = [] }) {
  const said = reactions.map(({ text, count, users }) => `${text}${count}(${users.join(' ')})`);
  return [deleted && 'deleted', edited && 'edited', text, ...said].filter(Boolean).join(' ');
}

test('what a list of entries adds up to', async (t) => {
  const rows = {
    '': 'old',
    'A e:x': 'edited x',
    'A e:x,A e:y': 'edited y',
    'A d': 'deleted',
    'A e:x,A d': 'deleted',
    'B r:👍,A d': 'deleted',
    'A d,A e:x,B r:👍': 'deleted', // which no server lets in
    'A e,': 'deleted', // an edit as a history has it after the deletion
    'B r:👍': 'old 👍1(B)',
    'B r:👍,B r<👍': 'old',
    'B r': 'old',
    'B r:👍,C r:👍,D r:👎': 'old 👍2(B C) 👎1(D)',
    'B r:👍,C r:👍,B r:👎<👍': 'old 👍1(C) 👎1(B)',
    'B r:👍,C r:👍,D r:👍,C r<👍': 'old 👍2(B D)',
    'A e:x,B r:👍,A e:y': 'edited y 👍1(B)',
    'B r:👍,B r:👍': 'old 👍1(B)', // as a history has what was replaced by the same later
    'B r:👎,B r:👎<👍': 'old 👎1(B)', // likewise: the first was 👍
    'B r<👍,C r:👍': 'old 👍1(C)', // likewise: what was taken back later
  };
  for (const [entries, want] of Object.entries(rows)) {
    await t.test(entries, () => {
      let now = Object.freeze({ seq: 1, from: 'A', to: 'all', text: 'old' });
      for (const [i, what] of entries.split(',').filter(Boolean).entries()) {
        const before = JSON.stringify(now);
        const next = amend(now, entry(what, 2 + i));
        assert.equal(JSON.stringify(now), before, 'is not changed itself');
        now = next;
      }
      assert.equal(state(now), want);
    });
  }
});

test('a deleted message keeps who, when and what it answered, and nothing else', () => {
  const before = { conversation: 'all', seq: 1, from: 'A', to: 'all', time: 't', reply: 9 };
  const now = amend({ ...before, data: 'AAE=', file: { id: 'x' }, edited: 't', reactions: [{ text: 'x', count: 1, users: ['B'] }] }, { delete: 1 });
  assert.deepEqual(now, { ...before, text: '', deleted: true });
});

test('at most 20 names of those who react alike, and 100 reactions', () => {
  let now = { text: 'old' };
  const react = (from, text, was) => { now = amend(now, { from, text, react: 1, was }); };
  for (let i = 0; i < 25; i++) react(`U${i}`, '👍');
  assert.deepEqual([now.reactions[0].count, now.reactions[0].users.length], [25, 20]);
  react('U24', '👎', '👍'); // is not among the names
  react('U0', '', '👍');
  assert.deepEqual(now.reactions.map(({ count, users }) => [count, users.length]), [[23, 19], [1, 1]]);
  react('A', '👍');
  assert.deepEqual([now.reactions[0].count, now.reactions[0].users.at(-1)], [24, 'A']);
  for (let i = 0; i < 200; i++) react(`V${i}`, `${i}`);
  assert.equal(now.reactions.length, 100);
});

const states = (chat, name = 'all') => chat.messages(name).map((m) => `${m.seq} ${state(m)}`);

// watched is connected, with the changes that it hears.
function watched(t, conversations, options) {
  const all = connected(t, conversations, {}, { state: true, ...options });
  const changes = [];
  all.chat.addEventListener('change', ({ detail }) => changes.push(`${detail.conversation} ${detail.seq} ${state(detail)}`));
  return { ...all, changes: () => changes.splice(0) };
}

test('only if it is asked for', async (t) => {
  const { chat } = watched(t, {}, { state: false });
  sockets[0].says(message('all', 1), entry('B e:x', 2));
  assert.deepEqual(chat.messages('all'), []);
});

test('live: what is changed is told, behind the message that changes it', (t) => {
  const { chat, heard, changes } = watched(t, { all: 3 });
  sockets[0].says(message('all', 4), entry('B e:x', 5), message('all', 6, { text: 'y', edit: 4 }), message('all', 7, { reply: 4 }));
  assert.deepEqual(heard, ['all 4', 'all 5', 'all 6', 'all 7']);
  assert.deepEqual(changes(), ['all 4 edited y']); // message 1 is not known
  assert.deepEqual(states(chat), ['4 edited y', '7 7']);
  assert.equal(chat.messages('all')[1].reply, 4);
  sockets[0].says(binary('all', 8, 'B', 'x'), message('all', 9, { text: '👍', react: 8 }), message('all', 10, { text: undefined, delete: 8 }));
  assert.deepEqual(changes(), ['all 8 👍1(B)', 'all 8 deleted']);
  assert.deepEqual(chat.messages('nobody'), []);
});

test('a history gives the present state; what it shows already is not counted again', async (t) => {
  const { chat, changes } = watched(t, { all: 30 });
  const many = { text: '👍', count: 25, users: Array.from({ length: 20 }, (_, i) => `U${i}`) };
  const asked = chat.history('all', { limit: 3 });
  sockets[0].history('all', [message('all', 28, { reactions: [many] }), message('all', 29), entry('B r:👍', 30)]);
  await asked;
  assert.deepEqual(states(chat), [`28 28 👍25(${many.users.join(' ')})`, '29 29']);
  sockets[0].says(message('all', 31, { from: 'U24', text: '👎', react: 28, was: '👍' }));
  assert.match(changes()[0], /👍24\(.*👎1\(U24\)$/);
  const more = chat.history('all', { before: 28 });
  sockets[0].history('all', [message('all', 5, { text: 'x', edited: 't' }), message('all', 27)]);
  await more;
  sockets[0].says(message('all', 32, { text: undefined, delete: 5 }));
  assert.deepEqual(chat.messages('all').map(({ seq }) => seq), [5, 27, 28, 29]);
  assert.deepEqual(changes(), ['all 5 deleted']);
});

test('catching up: in order, on what is there', async (t) => {
  const all = watched(t);
  sockets[0].says(message('all', 1), entry('C r:👍', 2));
  all.changes();
  const socket = await again(all, { all: 6 });
  socket.says(message('all', 7, { text: '👎', react: 5, was: '👍' }));
  socket.history('all', [
    entry('C r:👎', 3), entry('C r:👎<👍', 4), // as they are now
    message('all', 5, { reactions: [{ text: '👍', count: 30, users: [] }] }), message('all', 6, { from: 'C', text: '👍', react: 5 }),
  ]);
  await settled();
  assert.deepEqual(all.take(), ['all 1', 'all 2', 'all 3', 'all 4', 'all 5', 'all 6', 'all 7']);
  assert.deepEqual(states(all.chat), ['1 1 👎1(C)', '5 5 👍29() 👎1(B)']);
  assert.deepEqual(all.changes(), ['all 1 1 👎1(C)', 'all 1 1 👎1(C)', 'all 5 5 👍29() 👎1(B)']);
});

test('catching up by pages: the first one has what the next ones tell', async (t) => {
  const { chat, take, changes } = watched(t);
  const socket = await again({ tick: (ms) => t.mock.timers.tick(ms) }, { all: 4 });
  socket.history('all', [message('all', 1, { reactions: [{ text: '👍', count: 30, users: [] }] })], true);
  await settled();
  socket.says(message('all', 5, { text: '👍', react: 1 }));
  socket.history('all', [2, 3, 4].map((seq) => message('all', seq, { text: '👍', react: 1 })));
  await settled();
  assert.deepEqual([take().length, states(chat), changes()], [5, ['1 1 👍31(B)'], ['all 1 1 👍31(B)']]);
});

test('the newest are kept, as many as it is asked for', async (t) => {
  const { chat, changes } = watched(t, {}, { state: 3 });
  sockets[0].says(...[1, 2, 3, 4].map((seq) => message('all', seq)), entry('B e:x', 5), message('all', 6, { text: 'y', edit: 4 }));
  const asked = chat.history('all', { before: 2 });
  sockets[0].history('all', [1]);
  await asked;
  assert.deepEqual([states(chat), changes()], [['2 2', '3 3', '4 edited y'], ['all 4 edited y']]);
});

test('what cannot be known any more is not kept: a gap, a group that was left, a new epoch', async (t) => {
  const all = watched(t);
  sockets[0].says(message('all', 1), message('groupA', 1), message('B', 1));
  sockets[0].says({ event: 'left', group: 'groupA', user: 'A' });
  let socket = await again(all, { all: 9, B: 1 });
  socket.history('all', [9]);
  await settled();
  assert.deepEqual(['all', 'groupA', 'B'].map((name) => states(all.chat, name)), [['9 9'], [], ['1 1']]);
  socket = await again(all, {}, { epoch: 'e2' });
  assert.deepEqual(states(all.chat, 'B'), []);
});

test('a private message that the operator has deleted: the event does not say of whom', async (t) => {
  const all = watched(t, { all: 9, groupA: 1 });
  sockets[0].says(message('B', 1), message('C', 1, { from: 'C', to: 'A' }), message('C', 2, { from: 'C', to: 'A' }));
  sockets[0].says(message('B', 2, { from: '', to: 'A', text: undefined, delete: 1 }));
  assert.deepEqual([sockets[0].sent.length, sockets[0].sent[0].of, sockets[0].sent[0].after], [1, 'B', 1], 'of C there are two');
  sockets[0].history('B', [message('B', 2, { from: '', text: undefined, delete: 1 })]);
  await settled();
  sockets[0].history('B', []);
  await settled();
  assert.deepEqual([all.take(), all.changes()], [['B 1', 'C 1', 'C 2', 'B 2'], ['B 1 deleted']]);
  sockets[0].says(message('B', 3, { from: '', to: 'B', text: undefined, delete: 1 }));
  assert.deepEqual(all.take(), ['B 3'], 'of what we have sent it does');
});
