// The user's choices. If the browser refuses its storage, they last as long as the page.

const key = 'wschat';
let all = {};

function read() {
  try {
    all = { ...all, ...JSON.parse(localStorage[key]) };
  } catch { // then nothing was kept
  }
  return all;
}

export const kept = (name) => read()[name];

export function keep(name, value) {
  all = { ...read(), [name]: value };
  try {
    localStorage.setItem(key, JSON.stringify(all));
  } catch { // as said
  }
}
