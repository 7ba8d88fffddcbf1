// The style and the words of what is loaded later, which are there before any of it is drawn.

import { later } from '../words/later.js';
import { add } from '../words/text.js';
import { sheet } from './sheet.js';

add(later);
await sheet('dialogs.css');
