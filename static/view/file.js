// A file in a message: a picture to be enlarged, or a link to save it.

import { size, text } from '../words/text.js';
import { element } from './dom.js';

const mostPixels = 5e7; // in a picture

export function saving(blob, name, ...said) {
  return element('a', { className: 'file', href: URL.createObjectURL(blob), download: name }, ...said);
}

export function file({ file: { name, size: bytes, blob, picture } }) {
  const called = name || (picture ? text.picture : text.file);
  const said = [element('bdi', 'name', called), element('small', {}, size(bytes)), element('span', {}, text.download)];
  const link = saving(blob, called, ...said);
  if (!picture) return element('div', 'body', link);
  const image = element('img', { src: URL.createObjectURL(blob), alt: called });
  const button = element('button', { className: 'picture', ariaLabel: text.enlarge(called) }, image);
  button.dataset.picture = '';
  const giveUp = () => button.replaceWith(link);
  image.onerror = giveUp;
  image.onload = () => image.naturalWidth * image.naturalHeight > mostPixels && giveUp();
  return element('div', 'body', button);
}

// forget gives back the addresses of files in an element that is no longer shown.
export function forget(made) {
  for (const each of made.querySelectorAll('[src^="blob:"], [href^="blob:"]')) URL.revokeObjectURL(each.src ?? each.href);
}
