// Replies and edits, which are written in the composer.

import { app } from '../state/app.js';
import { errorText, text } from '../words/text.js';
import { complain, draw, end, write } from './composer.js';
import { $ } from './dom.js';

// answer begins a reply, amend an edit.
export function answer(item) {
  if (app.open.editing) end();
  app.open.replying = item;
  draw();
  $('text').focus();
}
export function amend(item, words = item.text) {
  Object.assign(app.open, { replying: undefined, editing: { item, words } });
  write(words);
  draw();
  $('text').focus();
}
export function amendLast() {
  const { open: c } = app;
  const last = c.items.findLast(({ own, file, gone, seq, state }) => own && !file && !gone && state === 'sent' && c.message(seq));
  if (last && !c.editing && !$('text').value) amend(last);
}

export async function change(c, words) {
  const { item } = c.editing;
  end();
  try {
    if (words !== item.text) await app.session.chat.edit(c.name, item.seq, words);
  } catch (why) {
    if (c === app.open && !c.editing) amend(item, words);
    complain(text.notSent(errorText(why)));
  }
}
