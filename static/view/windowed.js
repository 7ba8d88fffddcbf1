// The long list of messages, of which only what is near the window is in the document.
// The rest is room as high as it was, or as the others are. What the reader looks at
// stays where it is, whatever comes or grows.

import { $, arrange, inTime } from './dom.js';

const scroller = $('log');
const list = $('messages');
let beyond = 250; // px that are drawn above and below the window
const near = 40; // px from the end, where the reader follows what comes
const box = (element) => element.getBoundingClientRect(); // offsetTop and offsetHeight are rounded

export let atEnd = true; // the reader follows what comes
let short = 0; // px that the reader at the end is above it, until something comes
let items = [];
let elements = new Map(); // by item; each knows its item, and the one above
let top = 0; // where the scroller was last
let anchor; // {item, offset}: the first in sight, and where it is
let options;
let held; // {item, offset}: following the end does not lead beyond it
let usual = 30; // px of height

export const changed = inTime(update);

const sizes = new ResizeObserver((entries) => {
  let other = false;
  for (const { target } of entries) {
    const { height } = box(target);
    other ||= target.item?.height !== height;
    if (target.item) target.item.height = height;
  }
  if (other) update();
});

// options: items(); draw(item, above) makes an element, anew if the item is stale;
// drop(element) is called when it is no longer shown.
export function begin(withOptions) {
  options = withOptions;
  for (const each of [scroller, ...scroller.children]) if (each !== list) sizes.observe(each);
  addEventListener('beforeprint', () => all(Infinity)); // what is printed is all
  addEventListener('afterprint', () => all(250));
  scroller.onscroll = () => scrolled();
}

function all(px) {
  beyond = px;
  update();
}

export function redraw() {
  for (const item of elements.keys()) item.stale = true;
  update();
}

export function follow() {
  [atEnd, short, held] = [true, 0, undefined];
  changed();
}

// place is where the reader is, for go; undefined at the end.
export const place = () => (atEnd ? undefined : anchor);

// go shows an item, offset px below the window's top.
export function go({ item, offset }) {
  [atEnd, anchor] = [false, { item, offset }];
  update();
  stop();
  changed();
}

// hold keeps an item in sight, offset px below the window's top, though the reader follows the end.
export function hold(item, offset) { held = { item, offset }; }

// lastInSight is the last item whose end is in sight.
export function lastInSight() {
  const end = box(scroller).bottom + 1;
  return [...list.children].findLast((element) => box(element).bottom <= end)?.item;
}

function toEnd() {
  const { scrollTop, scrollHeight, clientHeight } = scroller;
  return Math.max(0, scrollHeight - clientHeight - scrollTop);
}

function stop() {
  short = toEnd();
  atEnd = short < near;
}

function scrolled() {
  const { scrollTop } = scroller;
  if (!atEnd || scrollTop < top - 1) stop(); // what grows does not lead away from the end
  else short = Math.min(short, toEnd());
  top = scrollTop;
  anchor = inSight();
  update();
}

// below tells how far below the window's top an element begins.
const below = (element) => box(element).top - box(scroller).top;
const height = (item) => item.height || usual;

function sum(from, to) {
  let all = 0;
  for (let i = from; i < to; i++) all += height(items[i]);
  return all;
}

function inSight() {
  for (const element of list.children) {
    const offset = below(element);
    if (offset < scroller.clientHeight && offset + box(element).height > 0) return { item: element.item, offset };
  }
  let offset = below(list);
  let i = 0;
  while (i < items.length - 1 && offset + height(items[i]) < 0) offset += height(items[i++]);
  return { item: items[i], offset };
}

function update() {
  const last = items.at(-1);
  items = options.items();
  if (last !== items.at(-1)) short = 0;
  const high = scroller.clientHeight;
  if (atEnd && held && sum(Math.max(0, items.lastIndexOf(held.item)), items.length) > high - held.offset) [atEnd, anchor] = [false, held];
  held = undefined;
  let at = atEnd || !anchor ? -1 : items.lastIndexOf(anchor.item);
  let { offset } = anchor ?? {};
  if (at < 0) [at, offset] = [items.length - 1, high - height(items.at(-1) ?? {})];
  let [from, to] = [Math.max(0, at), at + 1];
  for (let y = offset; from > 0 && y > -beyond; from--) y -= height(items[from - 1]);
  for (let y = offset; to < items.length && y < high + beyond; to++) y += height(items[to]);
  draw(from, to);
  const above = sum(0, from);
  const goal = below(list) + scroller.scrollTop + above + sum(from, at) - offset; // where the anchor stays
  let spare = scroller.scrollTop - goal; // room above the list that keeps it there without scrolling
  const pad = (px) => { list.style.paddingTop = `${px}px`; };
  list.style.paddingBottom = `${sum(to, items.length)}px`;
  if (atEnd || (from ? above + spare < 1 : spare < 0 || spare > 2)) {
    pad(above);
    const place = atEnd ? scroller.scrollHeight - high - short : goal + 1;
    if (Math.abs(place - scroller.scrollTop) >= 1) scroller.scrollTop = place;
    spare = atEnd ? 0 : Math.max(0, Math.min(2, scroller.scrollTop - goal)); // browsers scroll by whole pixels
  }
  pad(above + spare);
  top = scroller.scrollTop;
  anchor = inSight();
}

function draw(from, to) {
  const made = [];
  const wanted = new Map();
  for (let i = from; i < to; i++) {
    const item = items[i];
    const above = items[i - 1];
    let element = elements.get(item);
    if (!element || item.stale || element.above !== above) {
      item.stale = false;
      element = Object.assign(options.draw(item, above), { item, above });
      made.push(element);
    }
    wanted.set(item, element);
  }
  for (const [item, element] of elements) {
    if (wanted.get(item) === element) continue;
    sizes.unobserve(element);
    options.drop(element);
  }
  elements = wanted;
  arrange(list, [...wanted.values()]);
  let heights = 0;
  for (const element of made) {
    heights += element.item.height = box(element).height;
    sizes.observe(element);
  }
  if (made.length > 9) usual = heights / made.length;
}
