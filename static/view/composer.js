// The field in which messages are written. What is typed is kept, as a draft of its conversation.

import { app, on } from '../state/app.js';
import { label, size, text } from '../words/text.js';
import { add, drawFiles, takeFiles } from './attachments.js';
import { $ } from './dom.js';

const mostTyped = 100000; // characters; more becomes a file

let asked; // the group that one is not in, to which something is to be sent

export function begin() {
  const field = $('text');
  field.oninput = edited;
  field.onkeydown = (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  $('compose').onsubmit = submit;
  $('join-here').onclick = () => send();
  field.onpaste = (event) => {
    const pasted = event.clipboardData.getData('text');
    const pastes = pasted.length + field.value.length > mostTyped ? [new File([pasted], 'text.txt')] : event.clipboardData.files;
    if (!pastes.length) return;
    event.preventDefault();
    complain(add(pastes));
  };
  on('session open', () => {
    write(app.open?.draft ?? '');
    drawFiles();
  });
  on('open', (quietly) => quietly || field.focus());
  on('session open change language', draw);
}

function draw() {
  const [{ session, open: c }, field] = [app, $('text')];
  if (!session) return;
  field.ariaLabel = field.placeholder = text.writeIn(label(c.name, session.me));
  if (c !== asked || c.joined) asked = undefined;
  $('join-first').hidden = !asked;
}

export function complain(why) { $('complaint').textContent = why; }

// edit takes a text back into the field.
export function edit(words) {
  write(words);
  edited();
  $('text').focus();
}

function write(words) {
  $('text').value = words;
  $('text').rows = Math.min(9, words.split('\n').length);
  complain('');
}

function submit(event) {
  event.preventDefault();
  if ($('send').disabled || (!$('text').value.trim() && !app.open.files.length)) return;
  if (app.open.joined) return send();
  asked = app.open;
  draw();
  $('join-here').focus();
}

function send() {
  const [{ session, open: c }, typed] = [app, $('text').value];
  asked = undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(typed)).length + 300; // with what is around it
  const { maxMessage } = session.chat;
  if (typed.trim() && maxMessage && bytes > maxMessage) return complain(text.tooLong(size(bytes), size(maxMessage)));
  if (typed.trim()) session.sending.send(c, { text: typed });
  for (const file of takeFiles()) session.sending.send(c, { file });
  write('');
  edited();
  draw();
  $('text').focus();
}

function edited() {
  const [{ session, open }, { value }] = [app, $('text')];
  complain('');
  $('text').rows = Math.min(9, value.split('\n').length);
  if (open) session.draft(open, value);
}
