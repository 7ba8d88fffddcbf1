// Writes name_tables.txt: what Unicode's normalisation says of names, as node knows it
// (17.0; `go generate ./hub/chat`). Letters, digits and marks only, and only pairs that name_letters.go
// lets stand side by side.

import { writeFileSync } from 'node:fs';

const all = [];
for (let i = 0; i < 0x110000; i++) {
  const c = String.fromCodePoint(i);
  if (/[\p{L}\p{Nd}\p{Mn}\p{Mc}]/u.test(c) && !/\p{DI}/u.test(c)) all.push(c);
}
const stable = (text) => text.normalize('NFC') === text;
const code = (c) => c.codePointAt(0);
const hex = (c) => code(c).toString(16).padStart(4, '0');

// Code points that follow each other and are alike, as [first, last, what].
function ranges(chars, what = () => 0) {
  const found = [];
  for (const c of chars) {
    const last = found.at(-1);
    if (last && code(c) === code(last[1]) + 1 && what(c) === last[2]) last[1] = c;
    else found.push([c, c, what(c)]);
  }
  return found;
}

// A mark of a lower class goes before one of a higher class; 0 moves not. Only the order
// of the classes counts, so they are numbered from 1.
const marks = all.filter((c) => /\p{M}/u.test(c) && stable(c));
const before = (a, b) => a !== b && (b + a).normalize('NFD') === a + b;
const [lowest, highest] = ['\u0334', '\u0345'];
const moving = marks.filter((c) => before(lowest, c) || before(c, highest));
const steps = [];
for (const c of moving) {
  const at = steps.findIndex((step) => !before(step, c));
  if (at < 0) steps.push(c);
  else if (before(c, steps[at])) steps.splice(at, 0, c);
}
const classOf = (c) => (moving.includes(c) ? steps.findIndex((step) => !before(step, c)) + 1 : 0);
const classes = new Map(marks.map((c) => [c, classOf(c)]));
// Compatibility forms, but for those that Armenian, Thai, Lao and Korean are written with.
const needed = /[\u0587\u0e33\u0eb3\u0edc\u0edd\u3131-\u318e]/u;
const compatible = (c) => c.normalize('NFKC') !== c && !needed.test(c);
const kind = (c) => (!stable(c) ? 255 : compatible(c) ? 254 : classes.get(c) ?? 0);

// Which letters and marks do not stand before a mark, since they compose with it.
const unmarked = /[\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hang}\p{sc=Hani}\p{sc=Hira}\p{sc=Kana}\p{sc=Zyyy}\p{sc=Zinh}]/u;
const starters = all.filter((c) => stable(c) && !classes.get(c) && !unmarked.test(c));
const composing = new Map();
for (const b of all) {
  if (!stable(b)) continue;
  if (/[^\p{M}]/u.test(b) && stable('\u{16d67}' + b)) continue; // of letters only Kirat Rai's compose
  const first = starters.filter((a) => !stable(a + b) && (/\p{sc=Latn}/u.test(a) ? '\u0300\u0301\u0304\u0323'.includes(b) : true));
  if (first.length) composing.set(b, first);
}

const quoted = (chars) => '"' + chars.map((c) => (/\p{sc=Latn}/u.test(c) ? c
  : code(c) > 0xffff ? '\\U' + code(c).toString(16).padStart(8, '0') : '\\u' + code(c).toString(16).padStart(4, '0'))).join('') + '"';

const byClass = new Map();
for (const [a, b, n] of ranges(all, kind)) {
  if (n) byClass.set(n, [...(byClass.get(n) ?? []), `${hex(a)}-${hex(b)}`]);
}
const text = [...byClass].map(([n, found]) => `class ${n} ${found.join(' ')}\n`)
  .concat([...composing].map(([b, first]) => `compose ${hex(b)} ${quoted(first)}\n`));
writeFileSync(new URL('name_tables.txt', import.meta.url), text.join(''));
