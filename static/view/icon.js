// The signs of the page: lines of one weight on a square of 24.

export const paths = {
  attach: 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4L14 7.5',
  back: 'M15 5l-7 7 7 7',
  down: 'M6 9l6 6 6-6',
  everyone: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2.2.8 3.5 2.8 3.5 5.5',
  more: 'M4.5 12h1M11.5 12h1M18.5 12h1',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM20 20l-4.7-4.7',
  sent: 'M5 12.5l4.5 4.5L19 7',
};

const make = (tag, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  return made;
};

export function icon(name) {
  const made = make('svg', { viewBox: '0 0 24 24', 'aria-hidden': true });
  made.append(make('path', { d: paths[name] }));
  return made;
}

// icons gives each its sign.
export function icons() {
  for (const each of document.querySelectorAll('[data-icon]')) each.prepend(icon(each.dataset.icon));
}
