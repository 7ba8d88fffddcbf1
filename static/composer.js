import { $, element } from './dom.js';
import { clean, mostBytes } from './files.js';
import { size, text } from './text.js';

const mostTyped = 100000; // characters; more becomes a file

let files = [];
let send;

export function begin(withSend) {
  send = withSend;
  const field = $('text');
  field.oninput = edited;
  field.onkeydown = (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  $('compose').onsubmit = submit;
  $('attach').onclick = () => $('chosen').click();
  $('chosen').onchange = () => {
    add($('chosen').files);
    $('chosen').value = '';
  };
  field.onpaste = (event) => {
    const pasted = event.clipboardData.getData('text');
    const pastes = pasted.length + draft().length > mostTyped ? [new File([pasted], 'text.txt')] : event.clipboardData.files;
    if (!pastes.length) return;
    event.preventDefault();
    add(pastes);
  };
  document.ondragover = document.ondragleave = document.ondrop = (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    $('chat').classList.toggle('dropping', event.type === 'dragover');
    if (event.type === 'drop') add(event.dataTransfer.files);
  };
}

export const draft = () => $('text').value;

export function setDraft(typed) {
  $('text').value = typed;
  edited();
}

export function translate() {
  $('attach').title = $('attach').ariaLabel = text.attachUpTo(size(mostBytes));
  show();
}

export function complain(why) { $('complaint').textContent = why; }

function add(chosen) {
  complain('');
  for (const file of chosen) {
    const name = clean(file.name) || text.file;
    if (file.size > mostBytes) complain(text.tooLarge(name, size(file.size), size(mostBytes)));
    else if (!file.size) complain(text.emptyFile(name));
    else files.push(new File([file], name, { type: file.type }));
  }
  show();
  $('text').focus();
}

function show() {
  $('files').replaceChildren(...files.map((file) => {
    const remove = element('button', { type: 'button', ariaLabel: text.detach(file.name) }, '×');
    remove.onclick = () => {
      files = files.filter((each) => each !== file);
      show();
      $('text').focus();
    };
    return element('li', {}, element('bdi', 'name', file.name), element('small', {}, size(file.size)), remove);
  }));
}

function submit(event) {
  event.preventDefault();
  const typed = draft();
  if ($('send').disabled) return;
  if (typed.trim()) send({ text: typed });
  for (const file of files.splice(0)) send({ file });
  setDraft('');
  show();
}

function edited() {
  complain('');
  $('text').rows = Math.min(9, draft().split('\n').length);
}
