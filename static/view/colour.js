import { element } from './dom.js';

const hues = 12; // well apart

// hue is a name's colour, in degrees: one of few, by a hash that mixes (FNV-1a), so that names that
// are alike get different ones.
export function hue(name) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % hues * (360 / hues);
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
