import { element } from './dom.js';

// sheet loads a style sheet, and waits until it holds or cannot be had.
export async function sheet(name) {
  const link = element('link', { rel: 'stylesheet', href: new URL(`../style/${name}`, import.meta.url).href });
  await new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}
