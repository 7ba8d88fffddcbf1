// Run with `node --test static/page_test.mjs`. Not embedded, not served.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import test from 'node:test';

import { address, addressOf } from './state/address.js';
import { Conversation } from './state/conversation.js';
import { clean, mostBytes, pictureType, unwrap, wrap } from './state/files.js';
import { mention } from './state/kinds.js';
import { groupName, isGroup, isUserId } from './state/names.js';
import { People } from './state/people.js';
import { suggestion } from './state/naming.js';
import { emoji, find } from './view/emoji.js';
import { markup } from './view/markup.js';
import { hue } from './view/colour.js';
import { isEmoji } from './view/rich.js';
import { text as firstEn } from './words/en.js';
import { later } from './words/later.js';
import { text as firstZh } from './words/zh.js';

const [en, zh] = [{ ...firstEn, ...later.en }, { ...firstZh, ...later.zh }];

// hub/name_test.go reads the same names.
const names = JSON.parse(await readFile(new URL('../hub/chat/testdata/names.json', import.meta.url), 'utf8'));

for (const { rule, good, bad, why } of names) {
  test(`names: ${rule} (PROTOCOL 2)`, () => {
    const ofLetters = ['letter', 'mark', 'form', 'script'].includes(why); // likewise in a group's name
    for (const name of good) assert.ok(isUserId(name) && (!ofLetters || isGroup('group' + name)), JSON.stringify(name));
    for (const name of bad) assert.ok(!isUserId(name) && !(ofLetters && isGroup('group' + name)), JSON.stringify(name));
  });
}

test('group names (PROTOCOL 2)', () => {
  assert.ok(isGroup('groupA') && isGroup('group' + 'a'.repeat(58)) && isGroup('group前端') && isGroup('groupall'));
  assert.ok(!isGroup('group') && !isGroup('group' + 'a'.repeat(59)) && !isGroup('group a') && !isGroup('A') && !isGroup('GroupA'));
  assert.equal(groupName(' 前端 '), 'group前端');
  assert.equal(groupName('groupC'), 'groupC');
  assert.equal(groupName('groupe\u0301'), '');
  assert.equal(groupName(''), '');
  assert.equal(groupName('a,b'), '');
});

test('people: sorted, without doubles', () => {
  const people = new People().replace(['c', 'a'], 2);
  for (const user of ['b', 'b']) people.add(user);
  assert.deepEqual([people.users, people.count], [['a', 'b', 'c'], 3]);
  for (const user of ['a', 'nobody']) people.remove(user);
  assert.deepEqual([people.users, people.count], [['b', 'c'], 2]);
  assert.ok(people.has('b') && !people.has('a') && !people.has('z'));
});

test('people: beyond the end of the list only the count goes on', () => {
  const people = new People().replace(Array.from({ length: People.most }, (_, i) => `u${1000 + i}`), 5000);
  for (const user of ['z', 'z', 'u1000']) people.remove(user);
  assert.deepEqual([people.users.length, people.count], [People.most - 1, 4997]);
});

test('both languages have the same texts, and the page has all that it names', async () => {
  const shape = (text) => Object.entries(text).map(([key, value]) => [key, typeof value]).sort();
  assert.deepEqual(shape(en), shape(zh));
  assert.deepEqual(shape(en.close), shape(zh.close));
  for (const key of ['errors', 'refused', 'logInErrors']) assert.deepEqual(shape(en[key]), shape(zh[key]));
  const named = new Set(['lang', 'sent', 'sending']);
  const folder = new URL('.', import.meta.url);
  const foreign = ['length', 'slice', 'matchAll', 'replace', 'txt']; // of others of the same name
  for (const name of await readdir(folder, { recursive: true })) {
    if (!/^(\w+|state\/\w+|view\/\w+|words\/text)\.(js|html)$/.test(name)) continue;
    const source = await readFile(new URL(name, folder), 'utf8');
    for (const [, ...keys] of source.matchAll(/data-(?:text|label|placeholder|title)="(\w+)"|(?<![./\w])text\.(\w+)/g)) {
      for (const key of keys) if (key && !foreign.includes(key)) named.add(key);
    }
  }
  assert.deepEqual([...named].sort(), Object.keys(en).sort());
});

test('emoji alone', () => {
  for (const text of ['👍', '👋🏽', '👩‍👩‍👧‍👦 ❤️', '🇨🇳🇩🇪', '1️⃣🎉']) assert.ok(isEmoji(text), text);
  for (const text of ['', ' ', '1', '#*', 'a👍', '\u200d', '👍'.repeat(30)]) assert.ok(!isEmoji(text), text);
});

// flat writes a tree of markup as HTML would have it.
const flat = (tree) => tree.map((node) => {
  if (typeof node === 'string') return node;
  const { tag, of, value, href, title } = node;
  return `<${tag}${value === undefined ? '' : ` ${value}`}${title ? ` ${href}` : ''}>${flat(of)}</${tag}>`;
}).join('');

test('markup', () => {
  const rows = {
    '**bold** *it* _it_ ~~no~~ ***both***': '<strong>bold</strong> <em>it</em> <em>it</em> <s>no</s> <strong><em>both</em></strong>',
    '**a _b_ `c*` d**': '<strong>a <em>b</em> <code>c*</code> d</strong>',
    '(*a*) "**b**": ~~c~~!': '(<em>a</em>) "<strong>b</strong>": <s>c</s>!',
    '这是**重点**内容，*真的*。': '这是<strong>重点</strong>内容，<em>真的</em>。',
    '**see https://x.example/a**.': '<strong>see <a>https://x.example/a</a></strong>.',
    '_see https://x.example/a_b_': '<em>see <a>https://x.example/a_b</a></em>',
    '[a name](https://x.example/a_(b)_c) ok': '<a https://x.example/a_(b)_c>a name</a> ok',
    '> quote *a*\n>\n> more\nreply': '<blockquote>quote <em>a</em>\n\nmore</blockquote>reply',
    '> > a\n> b': '<blockquote><blockquote>a</blockquote>b</blockquote>',
    'to do:\n- a\n- b **c**\n  - d\n7. x\n8. y\nend': 'to do:\n<ul><li>a</li><li>b <strong>c</strong><ul><li>d</li></ul></li></ul><ol><li 7>x</li><li 8>y</li></ol>end',
    'a\n```go\n*x*\n\n- y\n```\nb': 'a\n<pre><code>*x*\n\n- y</code></pre>b',
    '```never closed': '<pre><code>never closed</code></pre>',
  };
  for (const [text, tree] of Object.entries(rows)) assert.equal(flat(markup(text)), tree, text);
  assert.equal(markup('```go\nx```')[0].language, 'go', 'what is typed behind the back-ticks is not lost');
  assert.equal(flat(markup('see https://x.example/', true)), 'see https://x.example/', 'an address that is cut is none');
  assert.equal(flat(markup('- https://x.example/\n- https://x.example/', true)), '<ul><li><a>https://x.example/</a></li><li>https://x.example/</li></ul>');
});

test('what is no markup stays as it was typed', () => {
  for (const text of ['snake_case_name', '__init__', '_private', 'a_ b_', '2*3*4', '2 * 3 * 4', '2**3**4', '5* and 4*', '*.js and *.ts', 'a/*/b/*/c', '"*" or "*"', '**', '****', '* *', '~5 ~~ 6',
    'f(*args, **kwargs)', '*a\nb*', '>_<', '>>> print(1)', '>', '> ', '- ', '-5', '--', '---', '1.5', '2026. 1', '1.', '[x](javascript:alert(1))', '[x] (y)', '[x](y)', '`', '``', '<b>*</b>', '&lt;', '¯\\_(ツ)_/¯',
    '**a*', '*a**', '~~a~', 'x*a*', '*a*x', '*a *', 'x * a*', '* * *', '- - -']) assert.deepEqual(markup(text), [text], text);
  // Whoever names a link like an address may lie about where it leads.
  for (const name of ['bank.example', 'https://bank.example/', 'www.bank.example']) {
    const seen = flat(markup(`[${name}](https://evil.example/)`));
    assert.ok(!/<a \S/.test(seen) && seen.includes('https://evil.example/'), name);
  }
});

// Nothing is lost: but for signs of markup, a tree has every letter of its text, and of its addresses.
test('markup of whatever somebody may send: all of it is there, soon, and not too much', () => {
  const signs = ['*', '**', '_', '~~', '`', '```', '```a\n', '[', '](https://', ')', '(', 'https://', '> ', '>', '- ', '  - ', '1. ', '\n', ' ', 'a', 'b.c', '@a', '猫', '\ud83d', '\u202e', '\0'];
  let random = 1;
  const next = (most) => (random = random * 48271 % 0x7fffffff) % most;
  const letters = (text) => text.replace(/[^\p{L}@猫\u202e\0]/gu, '');
  const all = (tree) => tree.map((node) => (typeof node === 'string' ? node : `${node.language ?? ''}${all(node.of)}${node.title ?? ''}`)).join('');
  for (let i = 0; i < 20000; i++) {
    const text = Array.from({ length: next(25) }, () => signs[next(signs.length)]).join('');
    assert.deepEqual([...letters(all(markup(text)))].sort(), [...letters(text)].sort(), JSON.stringify(text));
  }
  const depth = (tree) => Math.max(0, ...tree.map((node) => (typeof node === 'string' ? 0 : 1 + depth(node.of))));
  const count = (tree) => tree.reduce((sum, node) => sum + (typeof node === 'string' ? 0 : 1 + count(node.of)), 0);
  const took = (text) => {
    const begun = process.cpuUsage();
    const tree = markup(text);
    const { user } = process.cpuUsage(begun);
    assert.ok(depth(tree) < 20 && count(tree) < 4000, JSON.stringify(text.slice(0, 20)));
    return user / 1000; // ms, whatever else this machine does
  };
  for (const part of [...signs, '*a', '*a ', '**a** ', '[x](', '[x](https://', '[x](https://(', '[x](https://y)', '[a.bc](https://y)', '*a https://b* ', '> > > > ', '- a\n', ' - a\n  - b\n', '> a\n>\n', '``a\n', '*_~~**', '(https://a.b/(', '> - > - ']) {
    const [short, long] = [20000, 200000].map((length) => Math.min(...[1, 2, 3].map(() => took(part.repeat(length / part.length)))));
    assert.ok(long < 60 * Math.max(short, 3), `${JSON.stringify(part)} took ${short} ms, and ten times of it ${long} ms`); // a hundred times if it were square
  }
});

test('emoji by name', () => {
  assert.ok(emoji.length >= 150 && emoji.length <= 350);
  for (const { sign, names, chinese } of emoji) {
    assert.ok(isEmoji(sign) && Buffer.byteLength(sign) <= 32 && chinese && names.every((name) => /^[a-z0-9_]+$/.test(name)), sign);
  }
  assert.equal(new Set(emoji.flatMap(({ names }) => names)).size, emoji.flatMap(({ names }) => names).length, 'a name means one');
  const signs = (typed) => find(typed, 3).map(({ sign }) => sign);
  assert.deepEqual([signs('tada'), signs('撒花'), signs('Thumbs')[0], signs('nothing such')], [['🎉'], ['🎉'], '👍', []]);
});

test('a name that may be, instead of one that may not', () => {
  const rows = { 'Alice Smith': 'alice.smith', 'a,b': 'a.b', ' Zoë  (work) ': 'zoë.work', all: 'all1', 'group A': 'the.group.a', '小 林': '小.林', '!!!': '', 'p\u0430ypal': '', [`${'x'.repeat(70)}`]: 'x'.repeat(60) };
  for (const [typed, name] of Object.entries(rows)) assert.equal(suggestion(typed), name, typed);
});

test('mentions', () => {
  const named = (user, text) => mention(user).test(text);
  assert.ok(named('bob', '@bob: hi') && named('bob', 'hi @bob.') && named('小林', '好，@小林！') && named('a.b-c', '@a.b-c'));
  assert.ok(!named('bob', 'bob') && !named('bob', '@bobby') && !named('bob', '@bob.m') && !named('bob', 'x@bob') && !named('a.b', '@axb'));
  // Marks belong to the name (PROTOCOL section 2): these are others.
  assert.equal(named('न', '@नि hi'), false);
  assert.equal(named('ẹ', '@ẹ̀'), false);
  assert.equal(named('x', 'नि@x'), false);
  assert.equal(named('नि', '@नि hi'), true);
  assert.equal(named('A', '@A.ẹ̀'), false);
});

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

test('a file and its name', async () => {
  const content = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
  const body = await wrap(new File([content], 'кот 猫.png', { type: 'image/png' }), 'x-1');
  assert.deepEqual(body.subarray(0, content.length), content, 'the file comes first');
  const { name, id, picture, size, blob } = unwrap(base64(body));
  assert.deepEqual([name, id, picture, size, blob.type], ['кот 猫.png', 'x-1', true, 11, 'image/png']);
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), content);
});

test('what is not ours is a file without a name; what lies is no more than one', async () => {
  const { name, picture, size, blob } = unwrap(base64('hello'));
  assert.deepEqual([name, picture, size, blob.type], ['', false, 5, 'application/octet-stream']);
  const tail = (about, length = about.length) => Buffer.concat([Buffer.from('x'), Buffer.from(about), Buffer.from([length >> 8, length & 255]), Buffer.from('wschat/1')]);
  for (const bad of [tail('{'), tail('{}', 9999), tail(''), tail('"'), Buffer.from('wschat/1'), Buffer.from('\0\0wschat/1'), Buffer.alloc(0)]) {
    assert.equal(unwrap(base64(bad)).size, bad.length);
  }
  for (const odd of ['null', '5', '[]', '{"name":{"a":1}}', '{"name":"\\u202e/..\\u0000\\n"}']) {
    const { name: called, size: left } = unwrap(base64(tail(odd)));
    assert.ok(left === 1 && (called === '' || called === '..'), odd);
  }
  const html = await wrap(new File(['<script>alert(1)</script>'], 'a.html', { type: 'text/html' }), '1');
  assert.deepEqual([unwrap(base64(html)).picture, unwrap(base64(html)).blob.type], [false, 'application/octet-stream']);
  const svg = await wrap(new File(['<svg onload="alert(1)"/>'], 'a.png', { type: 'image/svg+xml' }), '1');
  assert.equal(unwrap(base64(svg)).picture, false);
});

test('what is known as a picture', () => {
  const kinds = { 'image/png': '\x89PNG\r\n\x1a\n', 'image/jpeg': '\xff\xd8\xff\xe0', 'image/gif': 'GIF89a', 'image/webp': 'RIFF1234WEBP', 'image/avif': '\0\0\0\x1cftypavif' };
  for (const [kind, begin] of Object.entries(kinds)) assert.equal(pictureType(Buffer.from(begin, 'latin1')), kind);
  for (const begin of ['', '<svg', 'BM', '\0\0\0\x1cftypisom', 'PNG']) assert.equal(pictureType(Buffer.from(begin, 'latin1')), '');
});

test('names of files have nothing that misleads', () => {
  assert.equal(clean('a\u202egpj.exe'), 'agpj.exe');
  assert.equal(clean('../../etc/passwd\0'), '....etcpasswd');
  assert.equal(clean('x'.repeat(300)).length, 100);
  assert.equal(clean(undefined), '');
});

test('what can be sent fits into a message of 1 MiB', async () => {
  const field = /id="text" rows="1" maxlength="(\d+)"/.exec(await readFile(new URL('index.html', import.meta.url), 'utf8'));
  assert.ok(JSON.stringify('\0'.repeat(field[1])).length < (1 << 20) - 300);
  const body = await wrap(new File([new Uint8Array(mostBytes(1 << 20))], '"'.repeat(300) + '猫'.repeat(100), { type: '猫'.repeat(60) }), '4294967295-4294967295');
  assert.ok(body.length + 65 <= 1 << 20);
});

test('addresses of conversations and messages', () => {
  for (const [name, at] of [['all'], ['groupA', 41], ['bob', 1], ['group前端'], ['हिन्दी', 7]]) assert.deepEqual(address(addressOf(name, at)), { name, at });
  assert.equal(addressOf('groupA', 41), '#/groupA/41');
  assert.deepEqual(address('#/group前端/7'), { name: 'group前端', at: 7 });
  for (const none of ['', '#', '#/', '#token=x', '#/a b', '#/%zz', '#/login', '#/group', '#/bob/x', '#/bob/1/2', '#bob']) assert.deepEqual(address(none), {}, none);
});

const own = (seq, text, more) => ({ kind: 'message', own: true, from: 'A', seq, text, at: seq * 1000, ...more });
const other = (seq, at = seq * 1000) => ({ kind: 'message', from: 'B', seq, text: `${seq}`, at });
const seqs = (c) => c.all.map(({ seq, lost, came }) => seq ?? (lost ? 'lost' : came ? 'notice' : 'pending'));

test('a conversation: by number, once, earlier ones before, own ones last', () => {
  const c = new Conversation('all');
  for (const seq of [5, 7, 6, 5]) c.put(other(seq), true);
  c.pending.push(own(undefined, 'x', { state: 'sending' }));
  for (const seq of [3, 4, 5]) c.put(other(seq));
  assert.deepEqual(seqs(c), [3, 4, 5, 6, 7, 'pending']);
  assert.equal(c.oldest, 3);
  assert.equal(c.last.seq, 7);
});

test('a conversation: an own message comes back, before its ack or behind it', () => {
  const c = new Conversation('all');
  const first = own(undefined, 'same', { state: 'sending' });
  const second = own(undefined, 'same', { state: 'sending' });
  c.pending.push(first, second);
  assert.equal(c.put(own(1, 'same'), true), first);
  Object.assign(second, { seq: 2, state: 'sent' });
  c.pending.push(own(undefined, 'same', { state: 'sending' }));
  assert.equal(c.put(own(2, 'same'), true), second);
  assert.equal(c.put(own(0.5, 'same')).state, 'sent', 'one of long ago is none that is under way');
  assert.equal(c.pending.length, 1);
});

test('a conversation: a file that was sent twice is shown once', () => {
  const c = new Conversation('all');
  const file = (seq, from, id) => ({ ...other(seq), from, file: { id } });
  assert.ok(c.put(file(1, 'B', 'x'), true) && c.put(file(2, 'C', 'x'), true));
  assert.equal(c.put(file(3, 'B', 'x'), true), undefined);
  assert.ok(c.put(file(4, 'B', ''), true) && c.put(file(5, 'B', ''), true), 'without an id nothing is known');
  assert.deepEqual(seqs(c), [1, 2, 4, 5]);
});

test('a conversation: notices are merged until somebody says something', () => {
  const c = new Conversation('all');
  for (const user of ['a', 'b', 'c']) c.note({ came: user });
  c.note({ went: 'b' });
  assert.deepEqual([...c.items[0].came], ['a', 'c']);
  c.note({ went: 'z' });
  c.note({ came: 'z' });
  assert.deepEqual([c.items.length, c.items[0].went.size], [1, 0], 'who went and came was not away');
  c.put(other(1, Date.now() + 1), true);
  c.note({ came: 'd' });
  c.note({ lost: 3 });
  assert.deepEqual(seqs(c), ['notice', 1, 'notice', 'lost']);
  c.note({ came: 'e' });
  assert.equal(c.items.length, 5);
});

test('a conversation: what changes a message is none', () => {
  const c = new Conversation('all');
  const amendment = (seq, what) => ({ ...other(seq), text: '', ...what });
  for (const seq of [1, 2, 3]) assert.ok(c.take(other(seq)));
  c.loaded([], false);
  c.readTo(1);
  const [first] = c.items;
  for (const m of [amendment(4, { edit: 1, text: 'x' }), amendment(5, { react: 2, text: '👍' }), amendment(6, { react: 2 }), amendment(7, { edit: 99, text: 'y' }), amendment(8, { delete: 3 })]) {
    assert.equal(c.take(m), undefined);
  }
  const reactions = [{ text: '👍', count: 1, users: ['B'] }];
  for (const m of [{ ...other(1), text: 'x' }, { ...other(2), reactions }, { ...other(99), text: 'y' }, { ...other(3), text: '', deleted: true }]) c.change(m);
  assert.deepEqual([c.items.map(({ seq, text }) => `${seq} ${text}`), first.text, c.last.seq, c.unread], [['1 x', '2 2'], 'x', 2, 1]);
  assert.deepEqual(c.items[1].reactions, reactions);
  assert.deepEqual([c.shown, c.newest, c.read], [8, 8, 1]);
});

test('a conversation: what is unread', () => {
  const c = new Conversation('B');
  c.knows({ newest: 9, read: 4 });
  assert.deepEqual([c.unread, c.firstUnread], [5, undefined], 'of what is not loaded every number counts');
  for (const m of [other(7), own(8, 'x'), other(9)]) c.put(m);
  c.loaded([{ seq: 7 }, { seq: 8 }, { seq: 9 }], true);
  assert.deepEqual([c.unread, c.firstUnread.seq], [4, 7], 'one’s own is never unread');
  for (const m of [other(4), other(6)]) c.put(m); // 5 is an edit
  c.loaded([{ seq: 4 }, { seq: 5 }, { seq: 6 }], true);
  assert.deepEqual([c.unread, c.firstUnread.seq], [3, 6]);
  c.take(other(10));
  assert.equal(c.unread, 4);
  assert.ok(c.readTo(7) && !c.readTo(7) && !c.readTo(3) && !c.readTo(undefined));
  assert.deepEqual([c.unread, c.firstUnread.seq], [2, 9]);
  c.change({ ...other(9), deleted: true });
  assert.equal(c.unread, 1);
  c.anew();
  assert.deepEqual([c.unread, c.firstUnread], [0, undefined]);
  assert.deepEqual([c.take(other(1)).seq, c.unread], [1, 1]);
});

test('a conversation: what is no longer kept is not unread, and has no beginning', () => {
  const c = new Conversation('B');
  c.knows({ newest: 2000, read: 3 });
  for (let seq = 1001; seq <= 2000; seq++) c.put(other(seq));
  c.loaded([{ seq: 1001 }], false);
  assert.deepEqual([c.unread, c.isWhole], [1000, false]);
  const whole = new Conversation('all');
  assert.ok(!whole.isWhole, 'there may be more');
  whole.put(other(1));
  whole.loaded([{ seq: 1 }], false);
  assert.ok(whole.isWhole);
});

test('a conversation: an ack that comes behind the history', () => {
  const c = new Conversation('all');
  const sent = own(undefined, 'x', { state: 'sending' });
  c.pending.push(sent);
  c.put(own(7, 'x')); // out of the history: this may be another
  assert.deepEqual(seqs(c), [7, 'pending']);
  c.acked(sent, { seq: 7, offline: true });
  assert.deepEqual([seqs(c), c.items[0].offline], [[7], true]);
});

test('a conversation: of a history not everything is shown, and the next one begins before it', () => {
  const c = new Conversation('all');
  c.put(other(9), true);
  c.put(other(8));
  c.loaded([{ seq: 5 }, { seq: 6 }, { seq: 7 }, { seq: 8 }], true);
  assert.equal(c.oldest, 5);
  c.anew();
  assert.deepEqual([c.oldest, c.newest], [undefined, 0]);
});

test('a conversation: numbers anew', () => {
  const c = new Conversation('all');
  for (const seq of [5, 6]) c.put(other(seq), true);
  c.anew();
  c.put(other(1), true);
  assert.deepEqual(seqs(c), [5, 6, 1]);
  assert.equal(c.oldest, 1);
});

test('a conversation: the oldest are let go', () => {
  const c = new Conversation('all');
  for (let seq = 1; seq <= 20001; seq++) c.put(other(seq), true);
  assert.deepEqual([c.items.length, c.oldest, c.more], [15001, 5001, true]);
  assert.ok(c.put(other(5000)));
});

test('a conversation: the newest is by number, not by time', () => {
  const c = new Conversation('all');
  for (const m of [other(2, 9000), other(3, 1000), other(1, 99000)]) c.put(m, true);
  assert.deepEqual([c.last.seq, c.at], [3, 1000]);
});

test('a conversation: whether it calls', () => {
  const c = new Conversation('all');
  c.take({ ...other(1), mentions: true });
  c.take(other(2));
  assert.ok(c.isCalled);
  c.readTo(1);
  assert.deepEqual([c.isCalled, c.unread], [false, 1]);
});

const apart = (a, b) => Math.min(Math.abs(hue(a) - hue(b)), 360 - Math.abs(hue(a) - hue(b)));

test('colours of short and like names are well apart', () => {
  for (const names of ['ABCD', 'abcd', '1234', '甲乙丙', ['user1', 'user2', 'user3'], ['anna', 'annb'], ['guest-7', 'guest-8']]) {
    const all = [...names];
    for (const a of all) for (const b of all) assert.ok(a === b || apart(a, b) >= 60, `${a} ${hue(a)}, ${b} ${hue(b)}`);
  }
  const count = new Map();
  for (let i = 0; i < 1200; i++) count.set(hue(`${(i * 7919).toString(36)}x`), (count.get(hue(`${(i * 7919).toString(36)}x`)) ?? 0) + 1);
  assert.equal(count.size, 12);
  for (const [at, n] of count) assert.ok(n > 50 && n < 200, `${n} of 1200 have ${at}`);
});

// A colour of the style as its relative luminance (WCAG 2).
function luminance(colour) {
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const hex = /^#(\w+)$/.exec(colour)?.[1];
  let rgb = hex && (hex.length === 3 ? [...hex].map((c) => c + c) : hex.match(/../g)).map((c) => linear(parseInt(c, 16) / 255));
  if (!rgb) {
    const [l, c, h] = /oklch\((\S+) (\S+) (\S+)\)/.exec(colour).slice(1).map(Number);
    const [a, b] = [c * Math.cos(h * Math.PI / 180), c * Math.sin(h * Math.PI / 180)];
    const [x, y, z] = [l + 0.3963377774 * a + 0.2158037573 * b, l - 0.1055613458 * a - 0.0638541728 * b, l - 0.0894841775 * a - 1.291485548 * b].map((v) => v ** 3);
    rgb = [4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z, -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z, -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z].map((v) => Math.min(1, Math.max(0, v)));
  }
  return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

test('letters and names are legible in each of the 12 colours, light and dark', async () => {
  const style = async (name) => readFile(new URL(`style/${name}.css`, import.meta.url), 'utf8');
  const [base, log] = [await style('base'), await style('log')];
  const either = (value) => /^light-dark\((.*\)|\S+), (.*)\)$/.exec(value)?.slice(1) ?? [value, value];
  const variable = (name) => either(RegExp(`--${name}: (.*);`).exec(base)[1]);
  const [, background, letter] = /\.tile\[style\] \{ background: (.*?); color: (.*?); \}/.exec(base);
  const [, name] = /\.head \.from \{.* color: (.*); \}/.exec(log);
  for (let h = 0; h < 360; h += 30) {
    for (const scheme of [0, 1]) {
      const at = (value) => luminance(either(value)[scheme].replace('var(--hue)', h));
      const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      assert.ok(contrast(at(background), at(letter)) >= 4.5, `letter at ${h}, ${scheme}: ${contrast(at(background), at(letter))}`);
      const page = luminance(variable('page')[scheme]);
      assert.ok(contrast(at(name), page) >= 4.5, `name at ${h}, ${scheme}: ${contrast(at(name), page)}`);
    }
  }
});
