// Run with `node --test static/page_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { groupName, isGroup, isUserId } from './names.js';
import { People } from './people.js';
import { choose, closeReason, errorText, label, languages } from './text.js';

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
  assert.deepEqual(shape(en.errors), shape(zh.errors));
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

test('what went wrong, in words; a new code is shown as it came', () => {
  const { en, zh } = languages;
  assert.equal(errorText(zh, { code: 'not_member', message: 'x' }), zh.errors.not_member);
  assert.equal(errorText(en, { code: 'new', message: 'a new one' }), 'a new one');
});

test('how a destination is called', () => {
  const { en, zh } = languages;
  assert.deepEqual(['all', 'groupA', 'A', 'B'].map((to) => label(en, to, 'A')), ['Everyone', 'Group A', 'you', 'B']);
  assert.deepEqual(['all', 'group前端', 'A', 'B'].map((to) => label(zh, to, 'A')), ['所有人', '前端 组', '你', 'B']);
});
