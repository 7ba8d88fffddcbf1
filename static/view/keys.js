// Keys that do something wherever one is.

import { app, open } from '../state/app.js';
import { $ } from './dom.js';
import { pane } from './header.js';
import { lookup, next } from './list.js';

export function begin() {
  addEventListener('keydown', (event) => {
    if (!app.session?.me || document.querySelector('dialog[open], :popover-open') || event.isComposing) return;
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
