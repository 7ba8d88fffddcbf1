// What the browser keeps of a user's choices. It may refuse its storage.

const key = 'wschat';
let all = {};
try {
  all = JSON.parse(localStorage.getItem(key)) ?? {};
} catch { /* then nothing was kept */ }

export const kept = (name) => all[name];

export function keep(name, value) {
  all[name] = value;
  try {
    localStorage.setItem(key, JSON.stringify(all));
  } catch { /* then it lasts as long as the page */ }
}
