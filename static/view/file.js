// A file in a message: a picture to be enlarged in the viewer, a sound or film to be played, or a
// link to save it.

import { app } from '../state/app.js';
import { size, text } from '../words/text.js';
import { $, element } from './dom.js';

const mostPixels = 5e7; // in a picture

// A file is stored on the server, or came within a message.
const addressOf = ({ id, blob }) => (blob ? URL.createObjectURL(blob) : `files/${id}`);

export function saving(about, name, ...said) {
  return element('a', { className: 'file', href: addressOf(about), download: name }, ...said);
}

const called = ({ name, picture }) => name || (picture ? text.picture : text.file);

// file draws the file of an item, above what was said with it.
export function file(item, said) {
  const { file: about, upload } = item;
  const what = [element('bdi', 'name', called(about)), element('small', {}, size(about.size))];
  return element('div', 'body', upload ? element('span', 'file', ...what, ...progress(upload, item))
    : shown(about, saving(about, called(about), ...what, element('span', {}, text.download))), said);
}

function progress(upload, item) {
  const bar = element('progress', { value: upload.part ?? 0, ariaLabel: text.uploading });
  upload.upload.addEventListener('progress', ({ loaded, total }) => { bar.value = loaded / total || 0; });
  return [bar, element('button', { onclick: () => app.session.sending.cancel(app.open, item) }, text.cancel)];
}

function shown(about, link) {
  const { picture, type = '', width, height } = about;
  const [, player] = type.match(/^(video|audio)\//) ?? [];
  if (!picture && !player || width * height > mostPixels) return link;
  const seen = element(player ?? 'img', player ? { controls: true, preload: 'metadata', ariaLabel: called(about) } : { loading: 'lazy', alt: called(about) });
  const scale = Math.min(1, 384 / width, 256 / height); // its place is reserved
  if (scale > 0) Object.assign(seen, { width: width * scale, height: height * scale });
  const made = player ? element('span', 'player', seen, link) : element('button', { className: 'picture', ariaLabel: text.enlarge(called(about)) }, seen);
  if (picture) made.dataset.picture = '';
  const giveUp = () => made.replaceWith(link);
  seen.onerror = giveUp;
  seen.onload = () => seen.naturalWidth * seen.naturalHeight > mostPixels && giveUp();
  seen.src = addressOf(about);
  return made;
}

// forget gives back the addresses of files in an element that is no longer shown.
export function forget(made) {
  for (const each of made.querySelectorAll('[src^="blob:"], [href^="blob:"]')) URL.revokeObjectURL(each.src ?? each.href);
}

let pictures = []; // items
let at;

// begin prepares the viewer: a picture alone, and the way to the others of the conversation.
export function begin() {
  const viewer = $('viewer');
  viewer.onclick = ({ target }) => target.closest('a, button') || viewer.close();
  viewer.onkeydown = ({ key }) => show(at + ({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? NaN));
  viewer.onclose = () => forget(viewer);
}

export function enlarge(item) {
  pictures = app.open.all.filter(({ file }) => file?.picture);
  show(pictures.indexOf(item));
  $('viewer').showModal();
}

function show(index) {
  const { file } = pictures[index] ?? {};
  if (!file) return;
  at = index;
  const [viewer, name] = [$('viewer'), called(file)];
  forget(viewer);
  const button = (said, label, onclick, disabled = false) => element('button', { ariaLabel: label, onclick, disabled }, said);
  const step = (said, label, by) => button(said, label, () => show(at + by), !pictures[at + by]);
  viewer.replaceChildren(element('img', { src: addressOf(file), alt: name }), element('footer', {}, element('bdi', 'name', name),
    step('←', text.before, -1), step('→', text.after, 1), saving(file, name, text.download), button('×', text.done, () => viewer.close())));
  viewer.querySelector('footer').lastChild.focus();
}
