// What the sender has marked up: bold, lists, quotes and the like. A text becomes a tree of strings
// and of {tag, of}. What may mean something else stays as it was typed. A text is read once, from
// its beginning to its end, so that none takes long.

import { addressIn, linked, never } from './rich.js';

const mostMade = 1000; // elements of a text; what is behind them is plain
const deepest = 3; // lists and quotes in each other
let left; // elements that may be made

const block = /```(?:([\w+#.-]*)\n)?([^`][^]*?)(?:\n?```\n?|$)|`[^`\n]+`/g;
const item = /^( {0,9})([-*•]|\d{1,3}\.) +(?=\S)(?![-*•](?: |$))/;

const inLine = RegExp([
  '`([^`]+)`', // code
  `\\[([^[\\]]+)\\]\\((https?://(?:[^()${never}]|\\([^()${never}]*\\))+)\\)`, // a link with a name
  `https?://[^${never}]+`,
  '(?<!\\*)\\*{1,3}(?!\\*)|(?<!_)_(?!_)|(?<!~)~~(?!~)', // emphasis
].join('|'), 'giu');

// What may be around emphasis: no letter, unless its script has no blanks, and no sign of paths or sums.
const around = /^[\s()[\]{}<>"'.,:;!?*_~|-]?$|^(?![!-~])[\p{P}\p{S}\p{Cs}\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}]$/u;

// markup reads a text. If it is cut, an address at its end is not the whole one.
export function markup(text, cut) {
  left = mostMade;
  const tree = [];
  let end = 0;
  for (const { 0: all, 1: language, 2: code, index } of text.matchAll(block)) {
    if (code === undefined || !left) continue;
    left--;
    add(tree, blocks(text.slice(end, index)));
    tree.push({ tag: 'pre', language, of: [{ tag: 'code', of: [code] }] });
    end = index + all.length;
  }
  return add(tree, blocks(text.slice(end), cut));
}

// add keeps neighbouring strings together, since names of people may be across them.
function add(tree, nodes) {
  for (const node of nodes) {
    if (typeof node !== 'string' || typeof tree.at(-1) !== 'string') tree.push(node);
    else tree[tree.length - 1] += node;
  }
  return tree;
}

function kindOf(line) {
  if (line.startsWith('> ') && line.trim() !== '>') return 'quote';
  return item.test(line) ? 'list' : 'plain';
}

function blocks(part, cut, depth = 0) {
  if (!part) return [];
  const tree = [];
  const lines = part.split('\n');
  for (let i = 0; i < lines.length;) {
    const from = i;
    const kind = left && depth < deepest ? kindOf(lines[i]) : 'plain';
    if (kind !== 'plain') {
      while (++i < lines.length && --left > 0 && (kindOf(lines[i]) === kind || (kind === 'quote' && lines[i] === '>')));
      const [group, isCut] = [lines.slice(from, i), cut && i === lines.length];
      left = Math.max(0, left - 1);
      if (kind === 'list') tree.push(...lists(group, isCut, depth));
      else tree.push({ tag: 'blockquote', of: blocks(group.map((line) => line.slice(2)).join('\n'), isCut, depth + 1) });
    } else {
      i++;
      const isLast = i === lines.length;
      add(tree, [...inline(lines[from], cut && isLast), ...(isLast ? [] : ['\n'])]);
    }
  }
  return tree;
}

// lists makes lists of lines that are items: what is indented more is below the one before.
function lists(lines, cut, depth) {
  const all = [];
  const indent = (line) => line.search(/\S/);
  for (let i = 0; i < lines.length;) {
    const line = lines[i++];
    const [begin, , sign] = item.exec(line);
    const from = i;
    while (depth < deepest && i < lines.length && indent(lines[i]) > indent(line) + 1) i++;
    const value = parseInt(sign);
    const tag = value >= 0 ? 'ol' : 'ul';
    if (all.at(-1)?.tag !== tag) all.push({ tag, of: [] });
    const isCut = cut && i === lines.length;
    const of = [...inline(line.slice(begin.length), isCut && from === i), ...lists(lines.slice(from, i), isCut, depth + 1)];
    all.at(-1).of.push(value >= 0 ? { tag: 'li', value, of } : { tag: 'li', of });
  }
  return all;
}

function inline(line, cut) {
  const tree = [];
  let begun = []; // marks that may be closed: {mark, at}; one of each at most
  let end = 0;
  inLine.lastIndex = 0;
  for (let found; left && (found = inLine.exec(line));) {
    const { 0: all, 1: code, 2: name, 3: href, index } = found;
    const before = line[index - 1] ?? '';
    if (index > end) tree.push(line.slice(end, index));
    end = inLine.lastIndex;
    left--;
    if (code !== undefined) tree.push({ tag: 'code', of: [code] });
    else if (name !== undefined) {
      if (!isAddress(name) && URL.canParse(href)) tree.push({ tag: 'a', ...linked(href), title: href, of: [name] });
      else { // what it leads to is seen
        tree.push('[');
        end = inLine.lastIndex = index + 1;
      }
    } else if (/^h/i.test(all)) {
      begun = begun.filter(({ at }) => at !== tree.length - 1); // may be part of the address
      const address = cut && end === line.length ? '' : addressIn(all, before + begun.map(({ mark }) => mark).join(''));
      tree.push(address ? { tag: 'a', ...linked(address), of: [address] } : all);
      if (address) end = inLine.lastIndex = index + address.length;
    } else {
      const after = line[end] ?? '';
      const at = begun.findLastIndex(({ mark }) => mark === all);
      if (at >= 0 && around.test(after) && !/[\s([{]/.test(before)) {
        const [, ...of] = tree.splice(begun[at].at);
        begun.length = at;
        tree.push(emphasis(all, add([], of)));
      } else {
        if (around.test(before) && before !== after && !/^$|[\s)\]},.;:!?]/.test(after)) begun = [...begun.filter(({ mark }) => mark !== all), { mark: all, at: tree.length }];
        tree.push(all);
      }
    }
  }
  return add([], [...tree, line.slice(end)].filter((node) => node !== ''));
}

function emphasis(mark, of) {
  if (mark === '***') return { tag: 'strong', of: [{ tag: 'em', of }] };
  return { tag: { '**': 'strong', '~~': 's' }[mark] ?? 'em', of };
}

// isAddress: a name that looks like an address may lie about where it leads.
const isAddress = (name) => /:\/\/|[^\s.]\.\p{L}{2}/u.test(name);

