// What an id or a group's name may be (PROTOCOL 2) exactly, as in hub/chat/name.go.

import { reserved } from './kinds.js';

// Scripts by ISO 15924 code, with letters that Unicode gives to none: some written together,
// the others alone. The server tells rare ones apart.
const scripts = ['LatnHaniHiraKana〆〱-〵〼ー', 'LatnHaniBopo〆', 'LatnHaniHang〆', 'Arab\u0640',
  ...'ArmnBengCyrlDevaEthiGeorGrekGujrGuruHebrKhmrKndaLaooMlymMymrOryaSinhTamlTeluThaaThaiTibt'.match(/..../g)];
const inScripts = (codes) => codes.replace(/[A-Z].../g, '\\p{sc=$&}');
const beside = '\\d_.@ʹ-˟ˬˮ';
const words = [
  ...scripts.map((codes) => `^[${beside}\\p{sc=Zinh}${inScripts(codes)}-]+$`),
  `^([${beside}-]|[^\\p{sc=Zyyy}${inScripts(scripts.join(''))}])+$`,
].map((pattern) => RegExp(pattern, 'u'));

// Letters, and marks behind some.
const spelling = RegExp(`^([\\p{L}\\p{Nd}_.@-]|(?<=\\p{sc=Latn}\\p{M}{0,2})[\u0300\u0301\u0304\u0323]|(?<=(?![${inScripts('LatnGrekCyrlHangHaniHiraKanaZyyy')}])\\p{L}\\p{M}{0,2})\\p{M})+$`, 'u');

// Fillers, selectors, enclosures, and symbols.
const odd = /[\p{DI}\p{Me}\u2100-\u214f\ufb00-\uffef\u{1ccf0}-\u{1d7ff}]/u;

// Letters in another shape that Armenian, Thai, Lao and Korean need.
const needed = /[\u0587\u0e33\u0eb3\u0edc\u0edd\u3131-\u318e]/u;
const hasOneForm = (word) => word === word.normalize() && word.split(needed).every((part) => part === part.normalize('NFKC'));

function isWord(word, most) {
  const digits = word.match(/\p{Nd}/gu)?.sort() ?? ['0'];
  return spelling.test(word) && !odd.test(word) && hasOneForm(word) && words.some((pattern) => pattern.test(word))
    && digits.at(-1).codePointAt() - digits[0].codePointAt() < 10 && new TextEncoder().encode(word).length <= most;
}

export const isUserId = (id) => !reserved.test(id) && !id.startsWith('group') && isWord(id, 64);

export const isGroup = (name) => name.startsWith('group') && isWord(name.slice(5), 58);

// groupName returns the group that was typed, with "group" or without it, or ''.
export function groupName(typed) {
  const name = typed.trim();
  const full = name.startsWith('group') ? name : 'group' + name;
  return isGroup(full) ? full : '';
}
