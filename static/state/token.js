// What a token says (PROTOCOL section 2). Only the server knows whether it is true.

export function claims(token) {
  try {
    const [, body] = token.split('.');
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch { // not a token
    return {};
  }
}

// mayBeIn: it lets one be in a group.
export function mayBeIn(token, group) {
  const { groups } = claims(token);
  return !Array.isArray(groups) || groups.some((each) => (String(each).endsWith('*') ? group.startsWith(each.slice(0, -1)) : each === group));
}
