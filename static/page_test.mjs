// Run with `node --test static/page_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { backoff, comesBack, socketURL } from './connection.js';
import { format, groupName, isGroup, isUserId, parse, parseBinary } from './line.js';
import { People } from './people.js';
import { choose, closeReason, label, languages, serverSentence } from './text.js';

const buffer = (...parts) => new Blob(parts).arrayBuffer();

test('what the server says', async (t) => {
  const rows = [
    ['用户(A=>B):hi', { kind: 'message', from: 'A', to: 'B', body: 'hi' }],
    ['用户(A=>B):', { kind: 'message', from: 'A', to: 'B', body: '' }],
    ['用户(A=>B):a,b,,c', { kind: 'message', from: 'A', to: 'B', body: 'a,b,,c' }],
    ['用户(A=>B):one\ntwo\r\n', { kind: 'message', from: 'A', to: 'B', body: 'one\ntwo\r\n' }],
    ['用户(A=>B):用户(C=>D):x', { kind: 'message', from: 'A', to: 'B', body: '用户(C=>D):x' }],
    ['用户(A=>B):系统:已加入 groupA', { kind: 'message', from: 'A', to: 'B', body: '系统:已加入 groupA' }],
    ['用户(a.b@c=>小明):):', { kind: 'message', from: 'a.b@c', to: '小明', body: '):' }],
    ['用户(A)登录了', { kind: 'login', user: 'A' }],
    ['用户(小明)退出了', { kind: 'exit', user: '小明' }],
    ['用户(A=>B)登录了', { kind: 'other', text: '用户(A=>B)登录了' }],
    ['用户(A)登录了\n', { kind: 'other', text: '用户(A)登录了\n' }],
    ['系统:在线 2: A B', { kind: 'who', count: 2, users: ['A', 'B'] }],
    ['系统:在线 0:', { kind: 'who', count: 0, users: [] }],
    ['系统:在线 5000: A B …', { kind: 'who', count: 5000, users: ['A', 'B'] }],
    ['系统:已加入 groupA', { kind: 'joined', group: 'groupA' }],
    ['系统:已离开 group前端', { kind: 'left', group: 'group前端' }],
    ['系统:你的用户编号是 123456', { kind: 'assigned', user: '123456' }],
    ['系统:没有历史消息', { kind: 'system', text: '没有历史消息' }],
    ['系统:用户(B)不在线,上线后送达', { kind: 'system', text: '用户(B)不在线,上线后送达' }],
    ['错误:用户(B)不在线', { kind: 'error', text: '用户(B)不在线' }],
    ['', { kind: 'other', text: '' }],
    ['something else', { kind: 'other', text: 'something else' }],
  ];
  for (const [line, want] of rows) {
    await t.test(JSON.stringify(line), () => assert.deepEqual(parse(line), want));
  }
});

test('a request is split at its first comma, so a body keeps its own', () => {
  assert.equal(format('groupA', 'a,b\nc'), 'groupA,a,b\nc');
});

test('binary messages', async (t) => {
  const long = '中'.repeat(21); // 63 bytes, the longest id of such letters
  const rows = [
    ['text behind the prefix', ['用户(A=>B):', 'data'], { from: 'A', to: 'B', size: 4 }],
    ['nothing behind it', ['用户(A=>B):'], { from: 'A', to: 'B', size: 0 }],
    ['not UTF-8 behind it', ['用户(A=>B):', new Uint8Array([255, 0, 0x29, 0x3a])], { from: 'A', to: 'B', size: 4 }],
    ['the longest ids', [`用户(${long}=>${long}):`, 'x'], { from: long, to: long, size: 1 }],
    ['no prefix', ['data'], null],
    ['a colon alone', [':'], null],
    ['empty', [], null],
    ['half a prefix', ['用户(A=>B)'], null],
  ];
  for (const [name, parts, want] of rows) {
    await t.test(name, async () => assert.deepEqual(parseBinary(await buffer(...parts)), want));
  }
});

test('user ids (PROTOCOL 2)', () => {
  for (const id of ['A', '123456', 'bob.m@home', '小明', 'مها', 'a'.repeat(64), 'Group', 'grou', 'loginx']) {
    assert.ok(isUserId(id), id);
  }
  for (const id of ['', 'a b', 'a,b', 'a(b', 'a=b', 'a>b', 'a:b', 'a\n', '🙂', 'group', 'groupA', 'group-x',
    'login', 'all', 'join', 'leave', 'who', 'history', 'a'.repeat(65), '中'.repeat(22)]) {
    assert.ok(!isUserId(id), id);
  }
});

test('group names (PROTOCOL 2)', () => {
  assert.ok(isGroup('groupA') && isGroup('group' + 'a'.repeat(58)) && isGroup('group前端'));
  assert.ok(!isGroup('group') && !isGroup('group' + 'a'.repeat(59)) && !isGroup('group a') && !isGroup('A'));
  assert.equal(groupName(' 前端 '), 'group前端');
  assert.equal(groupName('groupC'), 'groupC');
  assert.equal(groupName(''), '');
  assert.equal(groupName('a,b'), '');
});

test('who comes back after which close code (PROTOCOL 4)', () => {
  for (const code of [1001, 1006, 1011, 4100, 4199]) assert.ok(comesBack(code), String(code));
  for (const code of [1000, 1002, 1003, 1005, 1007, 1008, 1009, 4000, 4001, 4099, 4200]) assert.ok(!comesBack(code), String(code));
});

test('back-off doubles, is bounded, and half of it is chance', () => {
  const [least, most] = [() => 0, () => 1];
  assert.deepEqual([0, 1, 2, 5, 50].map((n) => backoff(n, most)), [1000, 2000, 4000, 30000, 30000]);
  assert.deepEqual([0, 1, 50].map((n) => backoff(n, least)), [500, 1000, 15000]);
});

test('the address of the socket', () => {
  assert.equal(socketURL(new URL('http://h:8080/'), 'a@b&c'), 'ws://h:8080/socket?userId=a%40b%26c');
  assert.equal(socketURL(new URL('https://h/'), '小'), 'wss://h/socket?userId=%E5%B0%8F');
});

test('people: sorted, without doubles', () => {
  const people = new People();
  people.replace(['c', 'a'], 2);
  assert.equal(people.add('b'), 1);
  assert.equal(people.add('b'), -1);
  assert.deepEqual([people.users, people.count], [['a', 'b', 'c'], 3]);
  assert.equal(people.remove('a'), 0);
  assert.equal(people.remove('nobody'), -1);
  assert.deepEqual([people.users, people.count], [['b', 'c'], 2]);
});

test('people: beyond the end of the list only the count goes on', () => {
  const people = new People();
  people.replace(Array.from({ length: People.most }, (_, i) => `u${1000 + i}`), 5000);
  assert.equal(people.add('a'), -1);
  assert.equal(people.remove('z'), -1);
  assert.equal(people.remove('z'), -1);
  assert.deepEqual([people.users.length, people.count], [People.most, 4999]);
  assert.equal(people.remove('u1000'), 0);
  assert.deepEqual([people.users.length, people.count], [People.most - 1, 4998]);
});

test('both languages have the same texts', () => {
  const shape = (text) => Object.entries(text).map(([key, value]) => [key, typeof value]).sort();
  const { en, zh } = languages;
  assert.deepEqual(shape(en), shape(zh));
  assert.deepEqual(shape(en.close), shape(zh.close));
});

test('every text that the page names is there', async () => {
  const { readFile } = await import('node:fs/promises');
  const source = async (name) => readFile(new URL(name, import.meta.url), 'utf8');
  const named = [];
  for (const [, key] of (await source('index.html')).matchAll(/data-(?:text|label|placeholder)="(\w+)"/g)) named.push(key);
  for (const name of ['main.js', 'view.js']) {
    for (const [, key] of (await source(name)).matchAll(/(?<!\/)\btext\.([a-z]\w*)/gi)) named.push(key);
  }
  assert.ok(named.length > 30);
  for (const key of named) assert.ok(key in languages.en, key);
});

test('the language is the browser’s', () => {
  for (const language of ['zh', 'zh-CN', 'ZH-tw']) assert.equal(choose(language), languages.zh);
  for (const language of ['en', 'de-DE', 'zhx', '', undefined]) assert.equal(choose(language), languages.en);
});

test('why a connection ended, in words', () => {
  const { en, zh } = languages;
  assert.equal(closeReason(en, { code: 1008, opened: true }), en.close[1008]);
  assert.equal(closeReason(zh, { code: 1006, opened: true }), zh.close[1006]);
  assert.equal(closeReason(en, { code: 1006, opened: false }), en.close.unreachable);
  assert.equal(closeReason(en, { code: 4050, reason: 'go away' }), 'go away');
  assert.equal(closeReason(en, { code: 4050, reason: '' }), 'closed with code 4050');
});

test('the server’s sentences in English; a new one is shown as it came', () => {
  const { en, zh } = languages;
  assert.equal(serverSentence(en, '用户(B)不在线'), 'B is not online');
  assert.equal(serverSentence(en, '用户(B)不在线,上线后送达'), 'B is offline and gets it on return');
  assert.equal(serverSentence(en, '你不在 groupA 中'), 'You are not in groupA');
  assert.equal(serverSentence(en, '新的句子'), '新的句子');
  assert.equal(serverSentence(zh, '用户(B)不在线'), '用户(B)不在线');
});

test('how a destination is called', () => {
  const { en, zh } = languages;
  assert.deepEqual(['all', 'groupA', 'A', 'B'].map((to) => label(en, to, 'A')), ['Everyone', 'Group A', 'you', 'B']);
  assert.deepEqual(['all', 'group前端', 'A', 'B'].map((to) => label(zh, to, 'A')), ['所有人', '前端 组', '你', 'B']);
});
