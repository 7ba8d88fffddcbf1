// The field in which messages are written. What is typed is kept, as a draft of its conversation.

import { app, on } from '../state/app.js';
import { errorText, label, size, summary, text } from '../words/text.js';
import { add, drawFiles, takeFiles } from './attachments.js';
import { $, write as show } from './dom.js';

const mostTyped = 100000; // characters; more becomes a file

let asked; // the group that one is not in, to which something is to be sent

export function begin() {
  const field = $('text');
  field.oninput = edited;
  field.onkeydown = (event) => {
    const { key } = event;
    if (key === 'ArrowUp' && !field.value && !event.altKey) amendLast(event);
    if (key === 'Escape' && !event.isComposing && (app.open.editing || app.open.replying)) end(event);
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  $('compose').onsubmit = submit;
  $('end').onclick = end;
  $('join-here').onclick = () => send();
  field.onpaste = (event) => {
    const pasted = event.clipboardData.getData('text');
    const pastes = pasted.length + field.value.length > mostTyped ? [new File([pasted], 'text.txt')] : event.clipboardData.files;
    if (!pastes.length) return;
    event.preventDefault();
    complain(add(pastes));
  };
  on('session open', () => {
    write(app.open?.editing?.words ?? app.open?.draft ?? '');
    drawFiles();
  });
  on('open', (quietly) => quietly || field.focus());
  on('session open change items language', draw);
  on('session open typing language', typing);
}

function draw() {
  const [{ session, open: c }, field] = [app, $('text')];
  if (!session) return;
  field.ariaLabel = field.placeholder = text.writeIn(label(c.name, session.me));
  if (c !== asked || c.joined) asked = undefined;
  $('join-first').hidden = !asked;
  const { replying, editing } = c;
  $('context').hidden = !replying && !editing;
  if (replying) show($('what'), text.replyTo(text.says(replying.from, summary(replying))));
  if (editing) show($('what'), text.says(text.edit, summary(editing.item)));
}

function typing() {
  const names = [...app.open?.typing.keys() ?? []].slice(0, 3).join(', ');
  show($('typing'), names && text.typing(names));
}

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
function amendLast(event) {
  const last = app.open.items.findLast(({ own, file, gone, seq, state }) => own && !file && !gone && state === 'sent' && app.open.message(seq));
  if (!last || app.open.editing) return;
  event.preventDefault();
  amend(last);
}
// end gives up the reply or edit; the draft comes back.
function end(event) {
  event?.preventDefault();
  event?.stopPropagation();
  if (app.open.editing) write(app.open.draft);
  app.open.replying = app.open.editing = undefined;
  draw();
  $('text').focus();
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
  if (c.editing) return change(c, typed);
  if (typed.trim()) session.sending.send(c, { text: typed, reply: c.replying?.seq });
  c.replying = undefined;
  for (const file of takeFiles()) session.sending.send(c, { file });
  write('');
  edited();
  draw();
  $('text').focus();
}

async function change(c, words) {
  const { item } = c.editing;
  end();
  try {
    if (words !== item.text) await app.session.chat.edit(c.name, item.seq, words);
  } catch (why) {
    if (c === app.open && !c.editing) amend(item, words);
    complain(text.notSent(errorText(why)));
  }
}

function edited() {
  const [{ session, open }, { value }] = [app, $('text')];
  complain('');
  $('text').rows = Math.min(9, value.split('\n').length);
  if (!open) return;
  if (open.editing) {
    open.editing.words = value;
    return;
  }
  session.draft(open, value);
  if (value.trim() && open.joined && open.name !== 'all' && open.name !== session.me) session.chat.typing(open.name);
}
