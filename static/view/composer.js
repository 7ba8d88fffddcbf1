// The field in which messages are written. What is typed is kept, as a draft of its conversation.

import { app, on } from '../state/app.js';
import { errorText, label, size, summary, text } from '../words/text.js';
import { add, drawFiles, takeFiles } from './attachments.js';
import { $, write as show } from './dom.js';

const mostTyped = 100000; // characters; more becomes a file

let asked; // the group that one is not in, to which something is to be sent

let completion; // once @ or : is typed

// On a phone Enter begins a line, and what raises the keyboard is the user's own touch.
const isPhone = () => matchMedia('(pointer: coarse)').matches;
export const focus = () => isPhone() || $('text').focus();

export function begin() {
  const field = $('text');
  field.oninput = () => {
    edited();
    complete();
  };
  field.onkeydown = (event) => {
    const { key } = event;
    if (completion?.key(event)) return;
    if (key === 'ArrowUp' && !field.value && !event.altKey) amending(({ amendLast }) => amendLast());
    if (key === 'Escape' && (app.open.editing || app.open.replying)) end(event);
    if (key === 'Enter' && !event.shiftKey && (!isPhone() || event.ctrlKey)) submit(event);
  };
  $('compose').onsubmit = submit;
  $('end').onclick = end;
  $('join-here').onclick = () => send();
  field.onpaste = paste;
  on('session open', () => {
    write(app.open?.editing?.words ?? app.open?.draft ?? '');
    drawFiles();
  });
  on('open', (quietly) => quietly || focus());
  on('session open change items language', draw);
  on('session open typing language', typing);
}

const amending = (then) => import('./amending.js').then(then).catch(reportError);

// complete loads what offers names and emoji.
function complete() {
  if (completion) completion.look();
  else if (/(^|\s)[@:]/.test($('text').value)) import('./completion.js').then((loaded) => (completion = loaded).look(), () => {}); // then it is tried again
}

// paste takes files. The picture that a spreadsheet or word processor has beside its text is none;
// the text beside a file is its name.
function paste(event) {
  const pasted = event.clipboardData.getData('text');
  let files = [...event.clipboardData.files];
  if (pasted.length + $('text').value.length > mostTyped) files = [new File([pasted], 'text.txt')];
  else if (!files.every(({ name }) => pasted.includes(name) || !pasted.trim())) return;
  if (!files.length) return;
  event.preventDefault();
  complain(add(files));
}

export function draw() {
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

// end gives up the reply or edit; the draft comes back.
export function end(event) {
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

export function write(words) {
  $('text').value = words;
  $('text').rows = Math.min(9, words.split('\n').length);
  complain('');
}

function submit(event) {
  event.preventDefault();
  if ($('send').disabled || (!$('text').value.trim() && !app.open.files.length)) return;
  const { open: c } = app;
  const { scaled } = c.files.find((file) => file.scaled) ?? {};
  if (scaled) return void scaled.then(() => c === app.open && submit(event), reportError);
  if (c.joined) return send();
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
  if (c.editing) return amending(({ change }) => change(c, typed));
  if (typed.trim()) session.sending.send(c, { text: typed, reply: c.replying?.seq });
  c.replying = undefined;
  for (const file of takeFiles()) session.sending.send(c, { file });
  write('');
  edited();
  draw();
  $('text').focus();
}

export function edited() {
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
