// The long list of messages, of which only what is near the window is in the document.
// The rest is room as high as it was, or as the others are. What the reader looks at
// stays where it is, whatever comes or grows.

import { $, arrange, inTime } from './dom.js';

const scroller = $('log');
const list = $('messages');

const beyond = 600; // px that are drawn above and below the window
const box = (element) => element.getBoundingClientRect(); // offsetTop and offsetHeight are rounded

export class Windowed {
  atEnd = true; // the reader follows what comes
  #items = [];
  #elements = new Map(); // by item: {element, before: the item above, when drawn}
  #top = 0; // where the scroller was last
  #anchor; // {item, offset}: the first in sight, and where it is
  #options;
  changed = inTime(() => this.update());
  #sizes = new ResizeObserver((entries) => {
    let other = false;
    for (const { target } of entries) {
      const { height } = box(target);
      other ||= target.item?.height !== height;
      if (target.item) target.item.height = height;
    }
    if (other) this.update();
  });

  // options: items(); draw(item, before) makes an element, anew if the item is stale;
  // drop(element) is called when it is no longer shown.
  constructor(options) {
    this.#options = options;
    this.#sizes.observe(scroller);
    scroller.onscroll = () => this.#scrolled();
  }

  redraw() {
    for (const item of this.#elements.keys()) item.stale = true;
    this.update();
  }
  toEnd() {
    this.atEnd = true;
    this.update();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const nearEnd = scrollTop + clientHeight > scrollHeight - 3;
    if (!this.atEnd || scrollTop < this.#top - 1) this.atEnd = nearEnd; // what grows does not lead away from the end
    this.#top = scrollTop;
    this.#anchor = this.#inSight();
    this.update();
  }

  // #offset is how far below the window's top something begins.
  #offset = (element) => box(element).top - box(scroller).top;
  #height = (item) => item.height || this.#usual;
  #usual = 30;
  #sum(from, to) {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.#height(this.#items[i]);
    return sum;
  }

  // #inSight finds the anchor.
  #inSight() {
    for (const element of list.children) {
      const offset = this.#offset(element);
      if (offset < scroller.clientHeight && offset + box(element).height > 0) return { item: element.item, offset };
    }
    let offset = this.#offset(list);
    let i = 0;
    while (i < this.#items.length - 1 && offset + this.#height(this.#items[i]) < 0) offset += this.#height(this.#items[i++]);
    return { item: this.#items[i], offset };
  }

  update() {
    const items = this.#items = this.#options.items();
    const high = scroller.clientHeight;
    let at = this.atEnd || !this.#anchor ? -1 : items.lastIndexOf(this.#anchor.item);
    let { offset } = this.#anchor ?? {};
    if (at < 0) [at, offset] = [items.length - 1, high - this.#height(items.at(-1) ?? {})];
    let [from, to] = [Math.max(0, at), at + 1];
    for (let y = offset; from > 0 && y > -beyond; from--) y -= this.#height(items[from - 1]);
    for (let y = offset; to < items.length && y < high + beyond; to++) y += this.#height(items[to]);
    this.#draw(from, to);
    const above = this.#sum(0, from);
    const top = this.#offset(list) + scroller.scrollTop + above + this.#sum(from, at) - offset; // where the anchor stays
    let spare = scroller.scrollTop - top; // room above the list that keeps it there without scrolling
    const pad = (px) => { list.style.paddingTop = `${px}px`; };
    list.style.paddingBottom = `${this.#sum(to, items.length)}px`;
    if (this.atEnd || (from ? above + spare < 1 : spare < 0 || spare > 2)) {
      pad(above);
      const goal = this.atEnd ? scroller.scrollHeight - high : top + 1;
      if (Math.abs(goal - scroller.scrollTop) >= 1) scroller.scrollTop = goal;
      spare = this.atEnd ? 0 : Math.max(0, Math.min(2, scroller.scrollTop - top)); // browsers scroll by whole pixels
    }
    pad(above + spare);
    this.#top = scroller.scrollTop;
    this.#anchor = this.#inSight();
  }

  #draw(from, to) {
    const made = [];
    const wanted = new Map();
    for (let i = from; i < to; i++) {
      const [item, before] = [this.#items[i], this.#items[i - 1]];
      let drawn = this.#elements.get(item);
      if (!drawn || item.stale || drawn.before !== before) {
        item.stale = false;
        drawn = { before, element: this.#options.draw(item, before) };
        drawn.element.item = item;
        made.push(drawn.element);
      }
      wanted.set(item, drawn);
    }
    for (const [item, drawn] of this.#elements) {
      if (wanted.get(item) === drawn) continue;
      this.#sizes.unobserve(drawn.element);
      this.#options.drop(drawn.element);
    }
    this.#elements = wanted;
    arrange(list, Array.from(wanted.values(), ({ element }) => element));
    let sum = 0;
    for (const element of made) {
      sum += element.item.height = box(element).height;
      this.#sizes.observe(element);
    }
    if (made.length > 9) this.#usual = sum / made.length;
  }
}
