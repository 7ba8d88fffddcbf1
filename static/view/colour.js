import { element } from './dom.js';

const hues = 12; // well apart

// hue is a name's colour, in degrees. Names that differ in their last letter alone, as short ones
// do, are 150 degrees apart for neighbours; what is before it is hashed (FNV-1a).
export function hue(name) {
  const letters = [...name];
  const last = letters.pop()?.codePointAt() ?? 0;
  let hash = 0x811c9dc5;
  for (const letter of letters) hash = Math.imul(hash ^ letter.codePointAt(), 0x01000193) >>> 0;
  return (hash + 5 * last) % hues * (360 / hues);
}

export function coloured(made, name) {
  made.style.setProperty('--hue', hue(name));
  return made;
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

// tile is the letter that stands for somebody.
export function tile(name) {
  const [{ segment }] = letters.segment(name.replace(/^[_.@-]+(?=.)/, ''));
  return coloured(element('span', { className: 'tile', ariaHidden: 'true' }, segment.toUpperCase()), name);
}
