// A photograph that is too large is scaled down before it is sent, which is said beside it.

import { size, text } from '../words/text.js';
import { drawFiles, tooLarge } from './attachments.js';
import { complain } from './composer.js';
import { $ } from './dom.js';

const widest = 2048; // px
const narrowest = 256;

// scale puts the smaller picture among the files of a conversation. A photograph that cannot be
// scaled is sent as it is, if it may be that large.
export async function scale(c, file, limit, most) {
  const made = await smaller(file, limit).catch(() => {});
  delete file.scaled;
  const at = c.files.indexOf(file);
  if (at < 0) return; // it is removed
  if (made) {
    c.files[at] = Object.assign(made, { original: file });
    $('said').textContent = `${made.name}: ${text.scaledDown(size(file.size))}`;
  } else if (file.size > most) {
    c.files.splice(at, 1);
    complain(tooLarge(file, most));
  }
  drawFiles();
}

// smaller resolves to a picture of at most so many bytes, or to undefined if there is none.
async function smaller(file, most) {
  const picture = await createImageBitmap(file);
  const longest = Math.max(picture.width, picture.height);
  let made;
  for (let side = Math.min(widest, longest); !made && side >= narrowest; side *= 0.75) made = await drawn(picture, side / longest, most);
  picture.close();
  if (made && made.size < file.size) return new File([made], `${file.name.replace(/\.\w{1,5}$/, '')}.jpg`, { type: made.type });
}

async function drawn(picture, scale, most) {
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.fillStyle = 'white'; // behind what is transparent
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  const made = await new Promise((done) => { canvas.toBlob(done, 'image/jpeg', 0.85); });
  return made?.size <= most ? made : undefined;
}
