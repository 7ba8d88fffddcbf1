// The files that are chosen, dropped or pasted, and wait in the composer of their conversation.

import { app, on } from '../state/app.js';
import { clean, mostBytes } from '../state/files.js';
import { size, text } from '../words/text.js';
import { $, element } from './dom.js';

// complain is told what cannot be sent, '' if nothing is wrong.
export function begin(complain) {
  const choose = (files) => complain(add(files));
  $('attach').onclick = () => $('chosen').click();
  $('chosen').onchange = () => {
    choose($('chosen').files);
    $('chosen').value = '';
  };
  document.ondragover = document.ondragleave = document.ondrop = (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    $('chat').classList.toggle('dropping', event.type === 'dragover');
    if (event.type === 'drop') choose(event.dataTransfer.files);
  };
  on('session welcome language', draw);
}

const most = () => app.session?.chat.maxFile || mostBytes(app.session?.chat.maxMessage);

// add adds files to those of the open conversation, and says which cannot be sent.
export function add(chosen) {
  const why = [];
  for (const file of chosen) {
    const name = clean(file.name) || text.file;
    if (file.size > most()) why.push(text.tooLarge(name, size(file.size), size(most())));
    else if (!file.size) why.push(text.emptyFile(name));
    else app.open.files.push(new File([file], name, { type: file.type }));
  }
  drawFiles();
  $('text').focus();
  return why.join('\n');
}

export function takeFiles() {
  const taken = app.open.files.splice(0);
  drawFiles();
  return taken;
}

export function drawFiles() {
  const { files = [] } = app.open ?? {};
  $('files').replaceChildren(...files.map((file, i) => {
    const remove = element('button', { type: 'button', ariaLabel: text.detach(file.name) }, '×');
    remove.onclick = () => {
      files.splice(i, 1);
      drawFiles();
      $('text').focus();
    };
    const preview = file.type.startsWith('image/') ? element('img', { alt: '', src: URL.createObjectURL(file), onload: () => URL.revokeObjectURL(preview.src) }) : '';
    return element('li', {}, preview, element('bdi', 'name', file.name), element('small', {}, size(file.size)), remove);
  }));
}

function draw() {
  $('attach').title = $('attach').ariaLabel = text.attachUpTo(size(most()));
  drawFiles();
}
