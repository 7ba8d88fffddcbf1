// The style of what is marked up and offered, which is there before any of it is drawn.

import './later.js';
import { sheet } from './sheet.js';

await sheet('written.css');
