// A long list of which only what is near the window is in the document. What is
// not there is room above and below, as high as it was, or as the others are.
// What the reader looks at stays where it is, whatever comes or grows.

import { arrange, inTime } from './dom.js';

const beyond = 600; // px that are drawn above and below the window

export class Windowed {
  atEnd = true; // the reader follows what comes
  #scroller;
  #list;
  #items = [];
  #elements = new Map(); // by item: {item, element, before: the item above, when drawn}
  #top = 0; // where the scroller was last
  #anchor; // {item, offset}: the first item in sight, and where its top is from the window's
  #options;
  changed = inTime(() => this.update());
  #sizes = new ResizeObserver((entries) => {
    let other = false;
    for (const { target } of entries) {
      other ||= target.item?.height !== target.offsetHeight;
      if (target.item) target.item.height = target.offsetHeight;
    }
    if (other) this.update();
  });

  // options: items() returns all; draw(item, before) makes an element, anew for an
  // item that is stale;
  // drop(element) is called when it is no longer shown.
  constructor(scroller, list, options) {
    [this.#scroller, this.#list, this.#options] = [scroller, list, options];
    this.#sizes.observe(scroller);
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
  }

  // redraw makes all elements anew.
  redraw() {
    for (const { element } of this.#elements.values()) this.#drop(element);
    this.#elements.clear();
    this.update();
  }
  #drop(element) {
    this.#sizes.unobserve(element);
    this.#options.drop(element);
  }
  toEnd() {
    this.atEnd = true;
    this.update();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const nearEnd = scrollTop + clientHeight > scrollHeight - 3;
    if (!this.atEnd || scrollTop < this.#top - 1) this.atEnd = nearEnd; // what grows does not lead away from the end
    this.#top = scrollTop;
    this.#anchor = this.#inSight();
    this.update();
  }

  #height = (item) => item.height || this.#usual;
  #usual = 30;
  #sum(from, to) {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.#height(this.#items[i]);
    return sum;
  }

  // #inSight finds the anchor among what is drawn, or else by all heights.
  #inSight() {
    const { scrollTop } = this.#scroller;
    for (const element of this.#list.children) {
      const offset = element.offsetTop - scrollTop;
      if (offset < this.#scroller.clientHeight && offset + element.offsetHeight > 0) return { item: element.item, offset };
    }
    let y = this.#list.offsetTop;
    let i = 0;
    while (i < this.#items.length - 1 && y + this.#height(this.#items[i]) < scrollTop) y += this.#height(this.#items[i++]);
    return { item: this.#items[i], offset: y - scrollTop };
  }

  update() {
    const [scroller, list] = [this.#scroller, this.#list];
    const items = this.#items = this.#options.items();
    const high = scroller.clientHeight;
    let at = this.atEnd || !this.#anchor ? -1 : items.lastIndexOf(this.#anchor.item);
    let { offset } = this.#anchor ?? {};
    if (at < 0) [at, offset] = [items.length - 1, high - this.#height(items.at(-1) ?? {})];
    let [from, to] = [Math.max(0, at), at + 1];
    for (let y = offset; from > 0 && y > -beyond; from--) y -= this.#height(items[from - 1]);
    for (let y = offset; to < items.length && y < high + beyond; to++) y += this.#height(items[to]);
    this.#draw(from, to);
    const inner = this.#sum(from, at);
    let above = scroller.scrollTop + offset - inner - list.offsetTop; // where it is now, if it may stay so
    if (from === 0 || above <= 0 || this.atEnd) above = this.#sum(0, from);
    list.style.paddingTop = `${above}px`;
    list.style.paddingBottom = `${this.#sum(to, items.length)}px`;
    const top = this.atEnd ? scroller.scrollHeight - high : list.offsetTop + above + inner - offset;
    if (Math.abs(top - scroller.scrollTop) >= 1) scroller.scrollTop = top;
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
        drawn = { item, before, element: this.#options.draw(item, before) };
        drawn.element.item = item;
        made.push(drawn.element);
      }
      wanted.set(item, drawn);
    }
    for (const drawn of this.#elements.values()) if (wanted.get(drawn.item) !== drawn) this.#drop(drawn.element);
    this.#elements = wanted;
    arrange(this.#list, Array.from(wanted.values(), ({ element }) => element));
    let sum = 0;
    for (const element of made) {
      sum += element.item.height = element.offsetHeight;
      this.#sizes.observe(element);
    }
    if (made.length > 9) this.#usual = sum / made.length;
  }
}
