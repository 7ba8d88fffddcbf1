// The files that are chosen, dropped or pasted, and wait in the composer of their conversation.

import { app, on } from '../state/app.js';
import { clean, mostBytes } from '../state/files.js';
import { size, text } from '../words/text.js';
import { $, element } from './dom.js';

const light = 300 << 10; // bytes of a photograph that need not be less, where messages bring it
const photograph = /^image\/(jpeg|png|webp|avif|hei[cf])$/;

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
  const { open: c, session: { connected, chat } } = app;
  for (const file of chosen) {
    const named = new File([file], clean(file.name) || text.file, { type: file.type });
    const limit = chat.maxFile ? most() : Math.min(light, most());
    const isPhotograph = connected && photograph.test(file.type) && file.size > limit;
    if (isPhotograph) named.scaled = import('./scaled.js').then(({ scale }) => scale(c, named, limit, most()));
    if (!file.size) why.push(text.emptyFile(named.name));
    else if (file.size > most() && !isPhotograph) why.push(tooLarge(named, most()));
    else c.files.push(named);
  }
  drawFiles();
  $('text').focus();
  return why.join('\n');
}

export const tooLarge = ({ name, size: is }, limit) => text.tooLarge(name, size(is), size(limit));

export function takeFiles() {
  const taken = app.open.files.splice(0);
  drawFiles();
  return taken;
}

// drawFiles shows them. A photograph may wait for being scaled, or have an original.
export function drawFiles() {
  const { files = [] } = app.open ?? {};
  $('files').replaceChildren(...files.map((file, i) => {
    const change = (said, label, ...others) => element('button', {
      type: 'button',
      ariaLabel: label,
      onclick: () => {
        files.splice(i, 1, ...others);
        drawFiles();
        $('text').focus();
      },
    }, said);
    const { scaled, original } = file;
    const preview = file.type.startsWith('image/') ? element('img', { alt: '', src: URL.createObjectURL(file), onload: () => URL.revokeObjectURL(preview.src) }) : '';
    return element('li', {}, preview, element('bdi', 'name', file.name),
      element('small', {}, scaled ? text.scaling : size(file.size), original ? ` ${text.scaledDown(size(original.size))}` : ''),
      original?.size <= most() ? change(text.original, text.original, original) : '', change('×', text.detach(file.name)));
  }));
}

function draw() {
  $('attach').title = $('attach').ariaLabel = text.attachUpTo(size(most()));
  drawFiles();
}
