// Messages that change, marks, typing, search and groups (PROTOCOL 5.1 and 5.2). Run with
// `node --test static/chat_live_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { again, asked, begin, connected, message, settled, sockets } from './chat_script.mjs';

// hears notes events of these types.
function hears(chat, ...types) {
  const heard = [];
  for (const type of types) chat.addEventListener(type, ({ detail }) => heard.push(detail));
  return () => heard.splice(0);
}

// ask lets the promise have this answer.
function ask(promise, answer) {
  sockets.at(-1).answers(answer);
  return promise;
}

test('a reply, an edit, a deletion and a reaction are sends', async (t) => {
  const all = connected(t);
  const { chat } = all;
  const sends = [
    chat.reply('groupA', 41, 'x'), chat.edit('groupA', 41, 'y'), chat.remove('groupA', 41),
    chat.react('groupA', 41, '👍'), chat.react('groupA', 41), chat.react('groupA', 41, ''),
  ];
  const want = [
    { op: 'send', to: 'groupA', text: 'x', reply: 41 }, { op: 'send', to: 'groupA', text: 'y', edit: 41 }, { op: 'send', to: 'groupA', delete: 41 },
    { op: 'send', to: 'groupA', text: '👍', react: 41 }, { op: 'send', to: 'groupA', react: 41 }, { op: 'send', to: 'groupA', react: 41 },
  ];
  assert.deepEqual(asked(sockets[0]), want);
  const socket = await again(all); // which they outlast
  assert.deepEqual(socket.sent, sockets[0].sent);
  const [reply, edit, remove, react, , none] = socket.sent;
  socket.says({ event: 'ack', id: reply.id, seq: 42 }, { event: 'error', id: edit.id, code: 'forbidden', message: 'why' },
    { event: 'error', id: remove.id, code: 'not_found', message: 'why' }, { event: 'ack', id: react.id, seq: 43, offline: true }, { event: 'ack', id: none.id });
  assert.deepEqual(await sends[0], { seq: 42, offline: false });
  await assert.rejects(sends[1], { code: 'forbidden' });
  await assert.rejects(sends[2], { code: 'not_found' });
  assert.deepEqual([await sends[3], await sends[5]], [{ seq: 43, offline: true }, { seq: undefined, offline: false }]);
});

test('what a message event has', async (t) => {
  const { chat } = connected(t);
  const heard = hears(chat, 'message');
  const time = '2026-01-02T15:04:05.678Z';
  const all = [
    { text: 'x', reply: 41 }, { text: 'x', edit: 41 }, { delete: 41 }, { text: '👍', react: 41, was: '👎' }, { react: 41, was: '👍' },
    { text: 'x', edited: time, reactions: [{ text: '👍', count: 1, users: ['A'] }] }, { deleted: true }, { text: '', file: { id: 'F', name: 'x', size: 1 } },
  ];
  sockets[0].says(...all.map((fields, i) => ({ event: 'message', seq: 1 + i, from: 'B', to: 'all', ...fields, time })));
  assert.deepEqual(heard(), all.map((fields, i) => ({ conversation: 'all', seq: 1 + i, from: 'B', to: 'all', text: '', ...fields, time })));
});

test('a send with an id and a time from outside', async (t) => {
  const all = connected(t);
  const { chat } = all;
  const sent = chat.send('all', 'x', { id: 'mine' });
  assert.equal(chat.send('all', 'x', { id: 'mine' }), sent, 'the same send');
  assert.deepEqual(sockets[0].sent, [{ op: 'send', id: 'mine', to: 'all', text: 'x' }]);
  const edit = chat.edit('all', 1, 'y', { id: 'edit', at: Date.now() - 8 * 60000 });
  await assert.rejects(chat.send('all', 'x', { id: 'old', at: Date.now() - 10 * 60000 }), { code: 'unconfirmed' });
  const socket = await again(all);
  assert.deepEqual(socket.sent.map(({ id }) => id), ['mine', 'edit']);
  socket.says({ event: 'ack', id: 'mine', seq: 1 });
  assert.deepEqual(await sent, { seq: 1, offline: false });
  socket.ends(1006);
  all.tick(61000);
  while (chat.state !== 'connecting') all.tick(1000);
  sockets.at(-1).welcomes();
  await assert.rejects(edit, { code: 'unconfirmed' });
});

test('requests and their answers', async (t) => {
  const { chat } = connected(t);
  const groups = [{ group: 'groupA', members: 12, online: 3, topic: 'x' }];
  assert.deepEqual(await ask(chat.who('groupA', { away: true }), { event: 'members', users: ['A'], count: 1, away: ['B'] }), { users: ['A'], count: 1, away: ['B'] });
  assert.deepEqual(await ask(chat.groups({ prefix: 'groupP', after: 'groupPa', limit: 9 }), { event: 'groups', groups, more: true }), { groups, more: true });
  assert.deepEqual(await ask(chat.groups(), { event: 'groups', groups: [], more: false }), { groups: [], more: false });
  assert.equal(await ask(chat.topic('groupA', 'x'), { event: 'ack' }), undefined);
  assert.equal(await ask(chat.topic('groupA'), { event: 'ack' }), undefined);
  assert.equal(await ask(chat.kick('B', { for: '10m' }), { event: 'ack' }), undefined);
  await assert.rejects(ask(chat.kick('C'), { event: 'error', code: 'forbidden', message: 'why' }), { code: 'forbidden' });
  const found = await ask(chat.search('invoice', { of: 'B', before: 812, limit: 20 }), { event: 'found', messages: [message('B', 9), message('B', 8)], more: true, before: 8 });
  assert.deepEqual([found.messages.map((m) => `${m.conversation} ${m.seq}`), found.more, found.before], [['B 9', 'B 8'], true, 8]);
  await assert.rejects(ask(chat.search('x'), { event: 'error', code: 'bad_request', message: 'why' }), { code: 'bad_request' });
  const { messages } = await ask(chat.history('B', { around: 640 }), { event: 'history', of: 'B', messages: [message('B', 1, { from: '', text: undefined, delete: 9 })], more: false });
  assert.equal(messages[0].conversation, 'B', 'whoever it is from');
  assert.deepEqual(asked(sockets[0]), [
    { op: 'who', group: 'groupA', away: true }, { op: 'groups', prefix: 'groupP', after: 'groupPa', limit: 9 }, { op: 'groups' },
    { op: 'topic', group: 'groupA', text: 'x' }, { op: 'topic', group: 'groupA' },
    { op: 'kick', user: 'B', for: '10m' }, { op: 'kick', user: 'C' }, { op: 'search', text: 'invoice', of: 'B', before: 812, limit: 20 },
    { op: 'search', text: 'x' }, { op: 'history', of: 'B', around: 640 },
  ]);
});

test('typing: at most every 2 s for a conversation, and only while connected', (t) => {
  const { chat, tick } = begin(t);
  chat.typing('B');
  chat.connect();
  chat.typing('B');
  sockets[0].welcomes();
  for (const to of ['B', 'B', 'groupA']) chat.typing(to);
  tick(1999);
  chat.typing('groupA');
  tick(1);
  chat.typing('groupA');
  assert.deepEqual(asked(sockets[0]), ['B', 'groupA', 'groupA'].map((to) => ({ op: 'typing', to })));
  const heard = hears(chat, 'typing');
  sockets[0].answers({ event: 'error', code: 'not_member', message: 'why' }); // nobody waits for that
  sockets[0].says({ event: 'typing', user: 'B', to: 'A' }, { event: 'typing', user: 'B', to: 'groupA' });
  assert.deepEqual(heard(), [{ conversation: 'B', user: 'B', to: 'A' }, { conversation: 'groupA', user: 'B', to: 'groupA' }]);
});

test('what the welcome has', async (t) => {
  const all = connected(t, {}, { marks: { B: { read: 7, pin: true } }, topics: { groupA: 'x' }, groups: ['groupA'], max_message: 99, max_file: 9, role: 'moderator' });
  const { chat } = all;
  assert.deepEqual([chat.maxMessage, chat.maxFile, chat.role], [99, 9, 'moderator']);
  assert.deepEqual([[...chat.marks], [...chat.topics]], [[['B', { read: 7, pin: true }]], [['groupA', 'x']]]);
  await again(all); // with a server that has none of it
  assert.deepEqual([chat.maxFile, chat.role, chat.marks.size, chat.topics.size], [0, '', 0, 0]);
});

test('marks: one’s own, and those of one’s other connections', async (t) => {
  const { chat } = connected(t, { B: 9 }, { marks: { B: { read: 5, pin: true } } });
  const heard = hears(chat, 'mark');
  const marks = () => chat.marks.get('B');
  sockets[0].says({ event: 'mark', of: 'B', read: 6, mute: true }, { event: 'mark', of: 'B', read: 4, pin: true });
  assert.deepEqual([heard(), marks()], [[{ of: 'B', read: 6, mute: true }], { read: 6, mute: true, pin: true }]);
  await ask(chat.mark('B', { pin: false, read: 12 }), { event: 'ack' });
  assert.deepEqual([heard(), marks()], [[{ of: 'B', read: 9, pin: false }], { read: 9, mute: true }], 'read is cut to the last seq');
  await assert.rejects(ask(chat.mark('B', { hide: true }), { event: 'error', code: 'unavailable', message: 'why' }), { code: 'unavailable' });
  assert.deepEqual([heard(), marks()], [[], { read: 9, mute: true }]);
  await ask(chat.mark('nobody', { hide: true }), { event: 'ack' });
  assert.deepEqual(chat.marks.get('nobody'), { hide: true });
  assert.deepEqual(asked(sockets[0]), [
    { op: 'mark', of: 'B', pin: false, read: 12 }, { op: 'mark', of: 'B', hide: true }, { op: 'mark', of: 'nobody', hide: true },
  ]);
});

test('one’s own message moves read to it if nothing unread lies between', (t) => {
  const { chat } = connected(t, { B: 5 }, { marks: { B: { read: 5 } } });
  const heard = hears(chat, 'mark');
  const own = (seq) => ({ event: 'message', seq, from: 'A', to: 'B', text: 'x' });
  sockets[0].says(own(6), message('B', 7), own(8));
  assert.deepEqual(heard(), [{ of: 'B', read: 6 }]);
  assert.equal(chat.marks.get('B').read, 6);
});

test('topics', async (t) => {
  const { chat } = connected(t, {}, { groups: ['groupA', 'groupB'], topics: { groupA: 'x', groupB: 'y' } });
  const heard = hears(chat, 'topic');
  sockets[0].says({ event: 'topic', group: 'groupA', text: 'new', user: 'B' }, { event: 'topic', group: 'groupC', user: 'B' });
  assert.deepEqual(heard(), [{ group: 'groupA', text: 'new', user: 'B' }, { group: 'groupC', user: 'B' }]);
  sockets[0].says({ event: 'left', group: 'groupB', user: 'A' });
  await settled();
  assert.deepEqual([...chat.topics], [['groupA', 'new']]);
});
