import { element } from './dom.js';

// Code, or an address up to what cannot be in one, invisible letters included.
const parts = /```(?:[\w+#.-]*\n)?([^`][^]*?)(?:\n?```\n?|$)|`([^`\n]+)`|https?:\/\/[^\s<>"`\p{Cf}\p{Cc}，。；：！？、（）【】「」『』《》“”‘’…]+/giu;
// What may follow it.
const sentence = /[.,;:!?']|(?![!-~])\p{P}/u;
const emoji = /^[\p{Extended_Pictographic}\p{RI}\p{EMod}\p{EComp}\s]+$/u;

// rich makes nodes of a text. mine matches mentions of the user. If the text is cut,
// an address at its end is not the whole one.
export function rich(text, mine, cut) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(parts)) {
    nodes.push(...plain(text.slice(end, found.index), mine));
    end = found.index + found[0].length;
    const [all, block, code] = found;
    if (block !== undefined) nodes.push(element('pre', { tabIndex: 0 }, element('code', {}, block)));
    else if (code !== undefined) nodes.push(element('code', {}, code));
    else nodes.push(...(cut && end === text.length ? [all] : link(all, text[found.index - 1])));
  }
  return [...nodes, ...plain(text.slice(end), mine)];
}

function plain(text, mine) {
  const nodes = [];
  let end = 0;
  for (const { 0: all, index } of mine ? text.matchAll(mine) : []) {
    nodes.push(text.slice(end, index), element('mark', {}, all));
    end = index + all.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((each) => each !== '');
}

// link leaves out what ends the sentence, and brackets and emphasis that began before.
function link(found, before) {
  let end = 0;
  let open = 0;
  for (let i = 0; i < found.length; i++) {
    const c = found[i];
    if (/[([{]/.test(c)) open++;
    else if (/[)\]}]/.test(c)) {
      if (open) end = i + 1;
      open = Math.max(0, open - 1);
    } else if (!sentence.test(c) && (c !== before || !/[*_~]/.test(c))) end = i + 1;
  }
  const address = found.slice(0, end);
  if (!URL.canParse(address)) return [found];
  return [element('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, address), found.slice(address.length)];
}

export const isEmoji = (text) => text.length <= 40 && emoji.test(text) && /[\p{Extended_Pictographic}\p{RI}]/u.test(text);
