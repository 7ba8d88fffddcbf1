// All emoji, to react with one of them.

import { text } from '../words/text.js';
import { element } from './dom.js';
import { called, find } from './emoji.js';
import './written.js';

const field = element('input', { id: 'emoji-field', type: 'search', autocomplete: 'off', spellcheck: false });
const list = element('ul', { id: 'emoji' });
const dialog = element('dialog', { id: 'picker' }, field, list);
document.body.append(dialog);
field.oninput = draw;
dialog.onclick = ({ target }) => target === dialog && dialog.close();
// Enter takes the first.
field.onkeydown = (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  if (field.value) list.querySelector('button')?.click();
};
list.onkeydown = (event) => {
  const all = [...list.querySelectorAll('button')];
  const row = all.findIndex((each) => each.offsetTop > all[0].offsetTop);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[event.key];
  if (!step) return;
  event.preventDefault();
  (all[all.indexOf(document.activeElement) + step] ?? (step < 0 ? field : undefined))?.focus();
};

let then;

// pick lets one choose, and gives what was chosen to whoever asked.
export function pick(choose) {
  then = choose;
  dialog.ariaLabel = text.moreReactions;
  field.ariaLabel = field.placeholder = text.findEmoji;
  field.value = '';
  draw();
  dialog.showModal();
}

function draw() {
  list.replaceChildren(...find(field.value.trim()).map((each) => {
    const button = element('button', { ariaLabel: called(each), title: called(each) }, each.sign);
    button.onclick = () => {
      dialog.close();
      then(each.sign);
    };
    return element('li', {}, button);
  }));
}
