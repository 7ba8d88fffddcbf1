// The nodes of a text with all that is marked up in it.

import { text } from '../words/text.js';
import { button, element } from './dom.js';
import './written.js';
import { markup } from './markup.js';
import { plain } from './rich.js';

export const rich = (written, mine, cut) => drawn(markup(written, cut), mine);

const drawn = (tree, mine) => tree.flatMap((node) => (typeof node === 'string' ? plain(node, mine) : draw(node, mine)));

function draw({ tag, of, language, ...properties }, mine) {
  const made = element(tag, properties, ...(tag === 'code' ? of : drawn(of, mine)));
  if (tag !== 'pre') return made;
  made.tabIndex = 0;
  const block = element('div', 'code', made, button('does', 'code', '', text.copyCode));
  if (language) block.dataset.language = language;
  return block;
}
