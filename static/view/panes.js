// What a narrow window shows: the list, or the conversation.

import { on } from '../state/app.js';
import { $ } from './dom.js';

export const pane = (name) => { document.body.dataset.pane = name; };

export function begin() {
  $('back').onclick = () => pane('list');
  on('open', () => pane('chat'));
}
