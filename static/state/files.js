// Files as binary messages, in the form that hub/PROTOCOL.md describes. The id makes each
// unlike all others. The type is for other programs: the page trusts a file's first
// bytes alone.

const mark = new TextEncoder().encode('wschat/1');
const tail = mark.length + 2;

// mostBytes is what a file may have in a message of maxMessage bytes, which has destination,
// name and type as well; 0: any.
export const mostBytes = (maxMessage = 1 << 20) => (maxMessage ? Math.max(0, maxMessage - 1024) : Infinity);

export async function wrap(file, id) {
  const about = new TextEncoder().encode(JSON.stringify({ name: clean(file.name), type: file.type.slice(0, 60), id }));
  const content = new Uint8Array(await file.arrayBuffer());
  const all = new Uint8Array(content.length + about.length + tail);
  all.set(content);
  all.set(about, content.length);
  new DataView(all.buffer).setUint16(all.length - tail, about.length);
  all.set(mark, all.length - mark.length);
  return all;
}

export function unwrap(base64) {
  let all = Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  let about = {};
  const from = all.length - tail;
  if (from >= 0 && mark.every((byte, i) => all[from + 2 + i] === byte)) {
    const start = from - (all[from] << 8 | all[from + 1]);
    try {
      about = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(all.subarray(start < 0 ? from : start, from))) ?? {};
      all = all.subarray(0, start);
    } catch { // then it is part of the file
    }
  }
  const kind = pictureType(all);
  return {
    name: clean(about.name), id: typeof about.id === 'string' ? about.id : '', picture: kind !== '', size: all.length,
    blob: saved(all, kind || undefined),
  };
}

// saved makes a blob that no browser opens as a page.
export const saved = (content, type = 'application/octet-stream') => new Blob([content], { type });

// clean leaves of a file's name nothing that misleads.
export function clean(name) {
  if (typeof name !== 'string') return '';
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '');
  return [...plain.trim()].slice(0, 100).join('');
}

const kinds = [
  ['png', 0, '\x89PNG\r\n\x1a\n'], ['jpeg', 0, '\xff\xd8\xff'], ['gif', 0, 'GIF8'],
  ['webp', 8, 'WEBP'], ['avif', 4, 'ftypavif'], ['avif', 4, 'ftypavis'],
];

export function pictureType(content) {
  const found = kinds.find(([, at, magic]) => [...magic].every((c, i) => content[at + i] === c.charCodeAt(0)));
  return found ? `image/${found[0]}` : '';
}
