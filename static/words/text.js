import { keep, kept } from '../state/kept.js';

// Every sentence of the page, and how to write a time, in the user's language.
export let text;
export let clock;
export let moment;
const more = []; // of parts that were loaded later
let longDay;
let weekday;
let date;

export const language = () => (/^zh\b/i.test(kept('language') ?? navigator.language) ? 'zh' : 'en');

export async function speak(chosen) {
  if (chosen) keep('language', chosen);
  ({ text } = await import(`./${language()}.js`));
  for (const each of more) Object.assign(text, each[language()]);
  document.documentElement.lang = text.lang;
  const formatter = (options) => new Intl.DateTimeFormat(text.lang, options).format;
  clock = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  moment = formatter({ dateStyle: 'full', timeStyle: 'medium' });
  longDay = formatter({ dateStyle: 'full' });
  weekday = formatter({ weekday: 'short' });
  date = formatter({ month: 'short', day: 'numeric' });
  for (const [key, property] of [['text', 'textContent'], ['label', 'ariaLabel'], ['placeholder', 'placeholder']]) {
    for (const each of document.querySelectorAll(`[data-${key}]`)) each[property] = text[each.dataset[key]];
  }
}

// add adds what a part says, by language.
export function add(words) {
  more.push(words);
  Object.assign(text, words[language()]);
}

// Browsers give 1006 for all connections that never opened; refused is why a server that is there
// refuses them, '' if none is.
export function closeReason({ code, reason, opened }, refused) {
  if (!opened && refused) return text.refused[refused];
  if (!opened && code === 1006) return text.unreachable;
  return text.close[code] ?? `${reason} (${code})`;
}

export const errorText = ({ code, message }) => text.errors[code] ?? message;

export function summary({ text: words, file }) {
  return file ? file.name || text[file.picture ? 'picture' : 'file'] : words.slice(0, 200);
}

export function label(name, me) {
  if (name === 'all') return text.everyone;
  if (name.startsWith('group')) return text.group(name.slice(5));
  return name === me ? text.yourself : name;
}

export function size(bytes) {
  const [divisor, unit] = bytes < 1024 ? [1, 'B'] : bytes < 1 << 20 ? [1024, 'KiB'] : [1 << 20, 'MiB'];
  return `${Math.round(bytes / divisor * 10) / 10} ${unit}`;
}

const daysAgo = (at) => Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 864e5);

export const day = (at) => [text.today, text.yesterday][daysAgo(at)] ?? longDay(at);

// when is a time in short, for lists.
export function when(at) {
  const days = daysAgo(at);
  return days < 1 ? clock(at) : (days < 7 ? weekday : date)(at);
}
