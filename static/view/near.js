// Lists of rows of one height in one scroller, of which only what is near the window is in the
// document. How many there are, and which one each is, is told to a screen reader.

import { arrange } from './dom.js';

const beyond = 3; // rows that are drawn above and below the window

const height = ({ ul, names }) => ul.offsetHeight / names.length || 44;

export class Near {
  #scroller;
  #make;
  #fill;
  #lists = []; // {ul, names}
  #rows = new Map(); // by name

  // make makes the row of a name; fill says what is to be said there now.
  constructor(scroller, make, fill) {
    [this.#scroller, this.#make, this.#fill] = [scroller, make, fill];
    const draw = () => this.#draw();
    scroller.addEventListener('scroll', draw);
    new ResizeObserver(draw).observe(scroller);
  }

  get names() { return this.#lists.flatMap(({ names }) => names); }

  show(lists) {
    this.#lists = lists;
    for (const { ul, names } of lists) {
      ul.style.setProperty('--rows', names.length);
      ul.hidden = ul.previousElementSibling.hidden = !names.length;
    }
    this.#draw();
  }

  #draw() {
    const { activeElement: focused } = document;
    const { scrollTop, clientHeight } = this.#scroller;
    const before = this.#rows;
    const isNear = this.#lists.map((list) => {
      const [high, top] = [height(list), list.ul.offsetTop - scrollTop];
      return (name, at) => (top + (at + 1 + beyond) * high > 0 && top + (at - beyond) * high < clientHeight) || before.get(name)?.contains(focused);
    });
    this.#rows = new Map();
    this.#lists.forEach(({ ul, names }, i) => {
      names.forEach((name, at) => {
        if (!isNear[i](name, at)) return;
        const row = before.get(name) ?? this.#make(name);
        this.#rows.set(name, row);
        Object.assign(row, { ariaSetSize: names.length, ariaPosInSet: at + 1 });
        row.style.setProperty('--at', at);
        this.#fill(row, name);
      });
      arrange(ul, names.map((name) => this.#rows.get(name)).filter(Boolean));
    });
    if (focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  // reveal brings a row into sight, and returns it.
  reveal(name) {
    const list = this.#lists.find(({ names }) => names.includes(name));
    if (!list) return;
    const [{ clientHeight, scrollTop }, high] = [this.#scroller, height(list)];
    const top = list.ul.offsetTop + list.names.indexOf(name) * high;
    this.#scroller.scrollTop = Math.max(top + 1.5 * high - clientHeight, Math.min(scrollTop, top - high / 2));
    this.#draw();
    return this.#rows.get(name);
  }
}
