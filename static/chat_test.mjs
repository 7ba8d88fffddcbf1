// Run with `node --test static/chat_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { again, asked, begin, binary, connected, message, settled, sockets } from './chat_script.mjs';

test('opening: the address, the subprotocol, the token', (t) => {
  const { chat, states } = begin(t, { url: 'https://h:1/socket', user: 'a@b&c', token: 'x.y.z' });
  chat.connect();
  assert.equal(sockets[0].url, 'wss://h:1/socket?userId=a%40b%26c');
  assert.deepEqual(sockets[0].protocols, ['wschat.v1.json', 'bearer.x.y.z']);
  assert.deepEqual(states.map(({ state }) => state), ['connecting']);
  sockets[0].welcomes();
  assert.deepEqual(states.map(({ state }) => state), ['connecting', 'connected']);
});

test('an id that the server gave is used to come back', async (t) => {
  const all = begin(t, { user: '' });
  all.chat.connect();
  assert.equal(sockets[0].url, 'ws://h/socket');
  assert.deepEqual(sockets[0].protocols, ['wschat.v1.json']);
  sockets[0].welcomes({}, { user: '123456' });
  assert.equal(all.chat.user, '123456');
  assert.equal((await again(all)).url, 'ws://h/socket?userId=123456');
});

test('who comes back after which close code (PROTOCOL 4)', async (t) => {
  const rows = [
    ['waiting', [1001, 1006, 1011, 4100, 4199]],
    ['closed', [1000, 1002, 1003, 1005, 1007, 1008, 1009, 4000, 4001, 4099, 4200]],
  ];
  for (const [state, codes] of rows) {
    for (const code of codes) {
      await t.test(`${code}: ${state}`, (t) => {
        const { chat, states } = connected(t);
        sockets[0].ends(code, 'why');
        assert.equal(chat.state, state);
        const { code: told, reason, opened } = states.at(-1);
        assert.deepEqual([told, reason, opened], [code, 'why', true]);
      });
    }
  }
});

test('back-off: doubled, bounded, all of it chance', (t) => {
  let part = 1;
  const { chat, states, tick } = begin(t, { random: () => part });
  chat.connect();
  const waits = [];
  for (let i = 0; i < 7; i++) {
    sockets.at(-1).ends(1006);
    waits.push(states.at(-1).in);
    assert.equal(states.at(-1).attempt, i + 1);
    tick(states.at(-1).in);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  part = 0.25;
  sockets.at(-1).ends(1006);
  assert.equal(states.at(-1).in, 7500);
});

test('a connection that lasted begins the waits anew, a short one does not', (t) => {
  const { chat, states, tick } = begin(t);
  chat.connect();
  const wait = (lasted) => {
    sockets.at(-1).welcomes();
    tick(lasted);
    sockets.at(-1).ends(1006);
    tick(states.at(-1).in);
    return states.find((each) => each.in && !each.counted && (each.counted = true)).in;
  };
  assert.deepEqual([wait(0), wait(9999), wait(10000), wait(0)], [1000, 2000, 1000, 2000]);
});

test('connect while waiting connects now, and once', (t) => {
  const { chat, tick } = connected(t);
  sockets[0].ends(1006);
  chat.connect();
  chat.connect();
  tick(60000 - 50001); // less than patience
  assert.equal(sockets.length, 2);
});

test('disconnect: closed, for good, with all that waits', async (t) => {
  const { chat, states, tick } = connected(t);
  const sent = chat.send('all', 'x');
  const who = chat.who();
  chat.disconnect();
  await assert.rejects(sent, { code: 'closed' });
  await assert.rejects(who, { code: 'disconnected' });
  await assert.rejects(chat.send('all', 'x'), { code: 'closed' });
  await assert.rejects(chat.join('groupA'), { code: 'disconnected' });
  assert.equal(states.at(-1).code, 1000);
  assert.equal(sockets[0].closedWith, 1000);
  tick(100000);
  assert.equal(sockets.length, 1);
});

test('an error without a close, and a welcome that does not come, are breaks', (t) => {
  const { chat, tick } = begin(t);
  chat.connect();
  sockets[0].onerror({});
  tick(1);
  assert.equal(chat.state, 'waiting');
  tick(1000);
  tick(9999);
  assert.equal(chat.state, 'connecting');
  tick(1);
  assert.equal(chat.state, 'waiting');
});

test('silence: the server is asked, and given up if it does not answer', (t) => {
  const { chat, tick } = connected(t);
  tick(29999);
  assert.deepEqual(sockets[0].sent, []);
  tick(1);
  assert.equal(sockets[0].sent.length, 1);
  sockets[0].says({ event: 'history', of: 'all', messages: [], more: false });
  tick(30000);
  tick(9999);
  assert.equal(chat.state, 'connected');
  tick(1);
  assert.equal(chat.state, 'waiting');
});

test('requests and their answers', async (t) => {
  const { chat } = connected(t);
  const ask = async (promise, answer) => {
    sockets[0].answers(answer);
    return promise;
  };
  assert.equal(await ask(chat.join('groupA'), { event: 'ack' }), undefined);
  assert.equal(await ask(chat.leave('groupA'), { event: 'ack' }), undefined);
  assert.deepEqual(await ask(chat.who('groupA'), { event: 'members', users: ['A'], count: 1 }), { users: ['A'], count: 1 });
  const { messages, more } = await ask(chat.history('B', { before: 9, limit: 2 }), { event: 'history', of: 'B', messages: [message('B', 8)], more: true });
  assert.deepEqual([messages[0].conversation, messages[0].seq, more], ['B', 8, true]);
  await assert.rejects(ask(chat.join('x'), { event: 'error', code: 'bad_target', message: 'why' }), { code: 'bad_target', message: 'why' });
  assert.deepEqual(asked(sockets[0]), [
    { op: 'join', group: 'groupA' }, { op: 'leave', group: 'groupA' }, { op: 'who', group: 'groupA' },
    { op: 'history', of: 'B', before: 9, limit: 2 }, { op: 'join', group: 'x' },
  ]);
  const ids = sockets[0].sent.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => id.length <= 64));
});

test('a send without its ack is sent again, with its id and in order', async (t) => {
  const all = connected(t);
  const { chat } = all;
  const sends = ['1', '2', '3'].map((text) => chat.send('B', text));
  sockets[0].says({ event: 'ack', id: sockets[0].sent[1].id, seq: 2 });
  assert.deepEqual(await sends[1], { seq: 2, offline: false });
  sockets[0].ends(1006);
  sends.push(chat.send('B', '4')); // waits
  chat.addEventListener('state', () => chat.send('B', '5').catch(() => {}), { once: true }); // as soon as possible
  all.tick(1000);
  sockets[1].welcomes();
  assert.deepEqual(sockets[1].sent.map(({ text }) => text), ['1', '3', '4', '5']);
  assert.deepEqual(sockets[1].sent.slice(0, 2), [sockets[0].sent[0], sockets[0].sent[2]]);
  for (const [i, { id }] of sockets[1].sent.entries()) sockets[1].says({ event: 'ack', id, seq: 10 + i, offline: true });
  assert.deepEqual(await Promise.all([sends[0], sends[2], sends[3]]), [10, 11, 12].map((seq) => ({ seq, offline: true })));
});

test('a send that is refused; sends that are too many', async (t) => {
  const { chat } = connected(t, {}, {}, { maxSends: 2 });
  const refused = chat.send('Z', 'x');
  sockets[0].answers({ event: 'error', code: 'not_online', message: 'user Z is not online' });
  await assert.rejects(refused, { code: 'not_online' });
  chat.send('all', '1');
  chat.send('all', '2');
  await assert.rejects(chat.send('all', '3'), { code: 'too_many' });
  assert.equal(sockets[0].sent.length, 3);
});

test('a send is not repeated once the server may have forgotten its id', async (t) => {
  const { chat, tick } = connected(t);
  const sent = chat.send('all', 'x');
  sockets[0].ends(1006);
  const waiting = chat.send('all', 'y'); // was never sent
  tick(1000);
  tick(9 * 60000); // patience runs out on the way, again and again
  while (chat.state !== 'connecting') tick(1000);
  sockets.at(-1).welcomes();
  await assert.rejects(sent, { code: 'unconfirmed' });
  assert.deepEqual(sockets.at(-1).sent.map(({ text }) => text), ['y']);
  sockets.at(-1).answers({ event: 'ack', seq: 1 });
  await waiting;
});

test('private conversations are the other’s; data and text', (t) => {
  const { chat } = connected(t);
  const got = [];
  chat.addEventListener('message', ({ detail }) => got.push(detail));
  const time = '2026-01-02T15:04:05.678Z';
  sockets[0].says(
    { event: 'message', seq: 1, from: 'A', to: 'B', text: 'x', time },
    { event: 'message', seq: 1, from: 'A', to: 'A', text: '', time },
    { event: 'message', seq: 1, from: '__proto__', to: 'A', data: 'AAE=', time },
  );
  assert.deepEqual(got, [
    { conversation: 'B', seq: 1, from: 'A', to: 'B', text: 'x', time },
    { conversation: 'A', seq: 1, from: 'A', to: 'A', text: '', time },
    { conversation: '__proto__', seq: 1, from: '__proto__', to: 'A', data: 'AAE=', time },
  ]);
});

test('what the other side of a forgotten connection says means nothing', async (t) => {
  const all = connected(t);
  await again(all);
  sockets[0].says(message('all', 1));
  sockets[0].ends(4000);
  assert.deepEqual([all.take(), all.chat.state], [[], 'connected']);
});

test('presence and the welcome', (t) => {
  const { chat } = begin(t);
  const got = [];
  for (const type of ['welcome', 'online', 'offline', 'joined', 'left']) chat.addEventListener(type, ({ detail }) => got.push([type, detail]));
  chat.connect();
  sockets[0].welcomes({ all: 1 });
  sockets[0].says({ event: 'online', user: 'B' }, { event: 'joined', group: 'groupA', user: 'B' }, { event: 'unheard of' });
  assert.deepEqual(got, [
    ['welcome', { user: 'A', epoch: 'e1', groups: [], conversations: { all: 1 }, online: ['A'], count: 1 }],
    ['online', { user: 'B' }],
    ['joined', { group: 'groupA', user: 'B' }],
  ]);
});

const bytes = (text) => new TextEncoder().encode(text);

test('bytes: one at a time, each done when it comes back', async (t) => {
  const { chat } = connected(t);
  const sends = ['1', '2', '3'].map((text) => chat.sendBytes('groupA', bytes(text)));
  assert.deepEqual(sockets[0].sent, ['groupA,1']);
  sockets[0].says(binary('groupA', 1, 'A', '2'), binary('groupA', 2, 'B', '1'), binary('groupA', 3, 'A', '1'));
  assert.deepEqual(await sends[0], { seq: 3 });
  assert.deepEqual(sockets[0].sent, ['groupA,1', 'groupA,2']);
  sockets[0].says({ event: 'error', code: 'forbidden', message: 'why' });
  await assert.rejects(sends[1], { code: 'forbidden', message: 'why' });
  assert.equal(sockets[0].sent.at(-1), 'groupA,3');
  chat.disconnect();
  await assert.rejects(sends[2], { code: 'closed' });
  await assert.rejects(chat.sendBytes('all', bytes('x')), { code: 'closed' });
});

test('bytes after a break: sent again only if catching up does not show them', async (t) => {
  const all = connected(t);
  const sends = ['1', '2'].map((text) => all.chat.sendBytes('all', bytes(text)));
  let socket = await again(all, { all: 2 });
  assert.deepEqual(socket.sent.map((each) => each.op ?? each), ['history']);
  socket.answers({ event: 'history', of: 'all', messages: [binary('all', 1, 'B', 'x'), binary('all', 2, 'A', '1')], more: false });
  assert.deepEqual(await (await settled(), sends[0]), { seq: 2 });
  assert.equal(socket.sent.at(-1), 'all,2');
  socket = await again(all, { all: 2 });
  assert.deepEqual(socket.sent, ['all,2']);
  socket.says(binary('all', 3, 'A', '2'));
  assert.deepEqual(await sends[1], { seq: 3 });
});

test('bytes lost in a gap may have been delivered', async (t) => {
  const all = connected(t);
  const sent = all.chat.sendBytes('all', bytes('1'));
  const socket = await again(all, { all: 9 });
  socket.history('all', [9]);
  await assert.rejects(sent, { code: 'unconfirmed' });
});
