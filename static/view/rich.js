// The nodes of a text: addresses, and the user's name. What is marked up is drawn by marked.js, once
// there is such a text.

import { tell } from '../state/app.js';
import { element } from './dom.js';

// No address has these; invisible letters are among them.
export const never = '\\s<>"`\\p{Cf}\\p{Cc}，。；：！？、（）【】「」『』《》“”‘’…';
const address = RegExp(`https?://[^${never}]+`, 'giu');
const marked = /[*_~]\S|`|\]\(http|^(> | *([-*•]|\d+\.) )/im;
// What may follow an address.
const sentence = /[.,;:!?']|(?![!-~])\p{P}/u;
const emoji = /^[\p{Extended_Pictographic}\p{RI}\p{EMod}\p{EComp}\s]+$/u;

let full;
let loading;
function load() {
  loading ??= import('./marked.js').then((loaded) => {
    full = loaded;
    tell('marked');
  }, () => { loading = undefined; }); // the next such text tries again
}

// rich makes nodes of a text. mine matches mentions of the user. If the text is cut,
// an address at its end is not the whole one.
export function rich(text, mine, cut) {
  if (full) return full.rich(text, mine, cut);
  if (marked.test(text)) load();
  const nodes = [];
  let end = 0;
  for (const { 0: all, index } of text.matchAll(address)) {
    const found = cut && index + all.length === text.length ? '' : addressIn(all, text[index - 1]);
    nodes.push(...plain(text.slice(end, index), mine), found && element('a', linked(found), found));
    end = index + found.length;
  }
  return [...nodes, ...plain(text.slice(end), mine)];
}

export function plain(text, mine) {
  const nodes = [];
  let end = 0;
  for (const { 0: all, index } of mine ? text.matchAll(mine) : []) {
    nodes.push(text.slice(end, index), element('mark', {}, all));
    end = index + all.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((each) => each !== '');
}

// addressIn leaves out what ends the sentence, and brackets and signs of emphasis that began before.
export function addressIn(found, before = '') {
  let end = 0;
  let open = 0;
  for (let i = 0; i < found.length; i++) {
    const c = found[i];
    if (/[([{]/.test(c)) open++;
    else if (/[)\]}]/.test(c)) {
      if (open) end = i + 1;
      open = Math.max(0, open - 1);
    } else if (!sentence.test(c) && !(/[*_~]/.test(c) && before.includes(c))) end = i + 1;
  }
  const whole = found.slice(0, end);
  return URL.canParse(whole) ? whole : '';
}
export const linked = (href) => ({ href, target: '_blank', rel: 'noopener noreferrer' });

export const isEmoji = (text) => text.length <= 40 && emoji.test(text) && /[\p{Extended_Pictographic}\p{RI}]/u.test(text);
