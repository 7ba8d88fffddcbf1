// The text of a message: rich, and of a long one a part.

import { saved } from '../state/files.js';
import { text } from '../words/text.js';
import { element } from './dom.js';
import { saving } from './file.js';
import { isEmoji, rich } from './rich.js';

const short = 2000; // characters of a long text that are shown at first
const longest = 200000; // characters that are ever shown

export function body(item, mine) {
  const all = item.text;
  const length = Math.min(item.length ?? short, longest);
  let part = all.slice(0, length);
  if (length === short) part = part.split('\n', 25).join('\n');
  part = part.replace(/[\ud800-\udbff]$/, '');
  const cut = part.length < all.length;
  const made = element('div', { className: 'body', dir: 'auto' }, ...rich(part, mine, cut));
  made.classList.toggle('emoji', isEmoji(all));
  if (!cut) return made;
  const more = element('p', 'more');
  if (length < longest) {
    const button = element('button', {}, text.showMore(all.length));
    button.dataset.more = length * 10;
    more.append(button);
  }
  if (all.length > longest / 10) more.append(saving({ blob: saved(all) }, `${item.from}.txt`, text.saveAll));
  return element('div', 'body', made, more);
}
