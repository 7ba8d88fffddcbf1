// What a name could be that is none as it was typed.

import { isUserId } from './names.js';

// suggestion returns a name that is like what was typed, or ''.
export function suggestion(typed) {
  const plain = typed.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{M}\p{Nd}_.@-]+/gu, '.').replace(/^\.+|\.+$/g, '');
  const letters = [...plain];
  while (new TextEncoder().encode(letters.join('')).length > 60) letters.pop();
  const name = letters.join('').replace(/\.+$/, '');
  return [name, `${name}1`, `the.${name}`].find((each) => name && isUserId(each)) ?? '';
}
