// A picture alone.

import { text } from '../words/text.js';
import { $, element } from './dom.js';

export function begin() {
  $('viewer').onclick = () => $('viewer').close();
}

export function enlarge({ src, alt }) {
  $('viewer').replaceChildren(element('img', { src, alt }), element('button', { autofocus: true }, text.done));
  $('viewer').showModal();
}
