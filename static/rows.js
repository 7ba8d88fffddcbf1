import { attempt, element, hue } from './dom.js';
import { saved } from './files.js';
import { isEmoji, rich } from './rich.js';
import { clock, day, errorText, moment, size, text } from './text.js';

const short = 2000; // characters of a long text that are shown at first
const longest = 200000; // characters that are ever shown
const mostPixels = 5e7; // in a picture
const together = 5 * 60000; // ms between messages under one head

// row makes the element of an item below another. view: mine matches mentions; first
// is the first new item. What cannot be drawn says why, and leaves the others alone.
export function row(item, before, view) {
  const li = element('li', {});
  const why = attempt(() => fill(li, item, before, view));
  if (why) li.append(element('p', 'why body', why));
  return li;
}

function fill(li, item, before, view) {
  Object.assign(li.dataset, { kind: item.kind, from: item.from ?? '', state: item.state ?? '' });
  const date = ({ at }) => new Date(at).toDateString();
  if (!before || date(item) !== date(before)) li.append(element('div', 'day', day(item.at)));
  if (item === view.first) li.append(element('div', 'new', text.newLine));
  if (item.kind === 'notice') {
    li.append(notice(item));
    return;
  }
  const alone = li.firstChild || before.from !== item.from || item.at - before.at > together;
  const time = element('time', { dateTime: new Date(item.at).toISOString(), title: moment(item.at) }, clock(item.at));
  if (alone) li.append(head(item, time));
  if (item.mentions) li.classList.add('mentions');
  const line = element('div', 'line', item.file ? file(item) : body(item, view.mine));
  if (!alone) line.prepend(time);
  const said = text[item.state];
  if (item.own && said) line.append(element('span', { className: 'mark', role: 'img', title: said, ariaLabel: said }));
  li.append(line);
  if (item.state === 'failed') li.append(failure(item));
  if (item.offline) li.append(element('p', 'quiet', text.waits(item.to)));
}

function head(item, time) {
  const name = element('button', { className: 'from', title: item.from, tabIndex: -1 }, element('bdi', {}, item.from));
  name.dataset.open = item.from;
  name.style.setProperty('--hue', hue(item.from));
  return element('div', 'head', name, time);
}

function notice({ came, went, lost }) {
  const say = (users, sentence) => users.size && sentence([...users].slice(0, 2), users.size);
  const said = lost ? text.lost(lost) : [say(came, text.came), say(went, text.went)].filter(Boolean).join(' · ');
  return element('div', { className: 'quiet', title: lost ? '' : [...came, ...went].slice(0, 30).join(', ') }, said);
}

function failure(item) {
  const button = element('button', {}, text.again);
  button.dataset.retry = '';
  return element('p', 'why', text.notSent(errorText(item.why)), ' ', button);
}

function body(item, mine) {
  const all = item.text;
  const length = Math.min(item.length ?? short, longest);
  let part = all.slice(0, length);
  if (length === short) part = part.split('\n', 25).join('\n');
  part = part.replace(/[\ud800-\udbff]$/, '');
  const cut = part.length < all.length;
  const made = element('div', { className: 'body', dir: 'auto' }, ...rich(part, mine, cut));
  made.classList.toggle('emoji', isEmoji(all));
  if (!cut) return made;
  const more = element('p', 'more');
  if (length < longest) {
    const button = element('button', {}, text.showMore(all.length));
    button.dataset.more = length * 10;
    more.append(button);
  }
  if (all.length > longest / 10) more.append(saving(saved(all), `${item.from}.txt`, text.saveAll));
  return element('div', 'body', made, more);
}

function saving(blob, name, ...said) {
  return element('a', { className: 'file', href: URL.createObjectURL(blob), download: name }, ...said);
}

function file({ file: { name, size: bytes, blob, picture } }) {
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

export function forget(li) {
  for (const each of li.querySelectorAll('[src^="blob:"], [href^="blob:"]')) URL.revokeObjectURL(each.src ?? each.href);
}
