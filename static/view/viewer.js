// A picture alone, and beside it the others of the conversation.

import { app } from '../state/app.js';
import { text } from '../words/text.js';
import { $, element } from './dom.js';
import { addressOf, called, forget, saving } from './file.js';

let pictures = []; // items
let at;

export function begin() {
  const viewer = $('viewer');
  viewer.onclick = ({ target }) => target.closest('a, button') || viewer.close();
  viewer.onkeydown = ({ key }) => show(at + ({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? NaN));
  viewer.onclose = () => forget(viewer);
}

export function enlarge(item) {
  pictures = app.open.all.filter(({ file }) => file?.picture);
  show(pictures.indexOf(item));
  $('viewer').showModal();
}

function show(index) {
  const { file } = pictures[index] ?? {};
  if (!file) return;
  at = index;
  const [viewer, name] = [$('viewer'), called(file)];
  forget(viewer);
  const button = (said, label, onclick, disabled = false) => element('button', { ariaLabel: label, onclick, disabled }, said);
  const step = (said, label, by) => button(said, label, () => show(at + by), !pictures[at + by]);
  viewer.replaceChildren(element('img', { src: addressOf(file), alt: name }), element('footer', {}, element('bdi', 'name', name),
    step('←', text.before, -1), step('→', text.after, 1), saving(file, name, text.download), button('×', text.done, () => viewer.close())));
  viewer.querySelector('footer').lastChild.focus();
}
