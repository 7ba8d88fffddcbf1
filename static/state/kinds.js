// What is in a name. names.js says likewise, but exactly, whether it may be one; so does the server.

export const reserved = /^(login|all|join|leave|who|history|系统|错误)$/iu;
const word = /^[\p{L}\p{M}\p{Nd}_.@-]{1,64}$/u;

export const isGroup = (name) => /^group./.test(name) && word.test(name);
export const isUserId = (name) => word.test(name) && !name.startsWith('group') && !reserved.test(name);

// mention matches where a text names the user.
export function mention(user) {
  const id = user.replaceAll('.', '\\.');
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{Nd}_.@-])@${id}(?![\\p{L}\\p{M}\\p{Nd}_@-]|\\.[\\p{L}\\p{Nd}])`, 'gu');
}
