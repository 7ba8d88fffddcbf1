// The style of what is marked up and offered, which is there before any of it is drawn.

import { element } from './dom.js';
import './later.js';

const link = element('link', { rel: 'stylesheet', href: new URL('../style/written.css', import.meta.url).href });
await new Promise((done) => {
  link.onload = link.onerror = done;
  document.head.append(link);
});
