// The style and the words of what is loaded later, which are there before any of it is drawn.

import { later } from '../words/later.js';
import { add } from '../words/text.js';
import { element } from './dom.js';

add(later);
const link = element('link', { rel: 'stylesheet', href: new URL('../style/dialogs.css', import.meta.url).href });
await new Promise((done) => {
  link.onload = link.onerror = done;
  document.head.append(link);
});
