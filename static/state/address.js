// The address of a conversation, #/groupA or #/bob, and of a message in it, #/groupA/41.

import { isGroup, isUserId } from './kinds.js';

export function addressOf(name, at) {
  return `#/${encodeURIComponent(name)}${at ? `/${at}` : ''}`;
}

// address reads the hash of an address: {name, at}; without a name, it names no conversation.
export function address(hash) {
  const [, written = '', number] = /^#\/([^/]+)(?:\/(\d{1,15}))?$/.exec(hash) ?? [];
  let name;
  try {
    name = decodeURIComponent(written).normalize();
  } catch { // no address of ours
    return {};
  }
  if (name !== 'all' && !isGroup(name) && !isUserId(name)) return {};
  return { name, at: Number(number) || undefined };
}
