// What is typed and not sent, by user and conversation, on this device.

import { keepFor, keptFor } from './kept.js';

export const keepDraft = (user, conversation, text) => keepFor(user, 'draft', conversation, text || undefined);

export function keptDrafts(user) {
  return [...keptFor(user, 'draft')].filter(([, text]) => typeof text === 'string');
}
