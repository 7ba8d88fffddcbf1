// Keys that do something wherever one is.

import { app, open } from '../state/app.js';
import { $ } from './dom.js';
import { pane } from './header.js';
import { lookup, next } from './list.js';

export function begin() {
  // While an input method composes, keys are for it, in every field.
  addEventListener('keydown', (event) => {
    if (!event.isComposing && event.keyCode !== 229) return;
    event.stopImmediatePropagation();
    if (event.key === 'Enter' && event.target.matches('input')) event.preventDefault(); // sends no form
  }, true);
  addEventListener('keydown', (event) => {
    if (!app.session?.me || document.querySelector('dialog[open], :popover-open')) return;
    const { key, altKey, target } = event;
    const command = event.ctrlKey || event.metaKey;
    const step = altKey && { ArrowUp: -1, ArrowDown: 1 }[key];
    if (command && key === 'k') {
      pane('list');
      $('find').select();
    } else if (command && key === 'f') lookup(({ search }) => search(app.open.name));
    else if (step) open(next(step));
    else if (key === 'Escape') {
      pane('chat');
      $('text').focus();
    } else {
      if (key.length === 1 && key > ' ' && !command && !altKey && (target === document.body || target.matches('#log, #messages > li'))) $('text').focus(); // and type there
      return;
    }
    event.preventDefault();
  });
}
