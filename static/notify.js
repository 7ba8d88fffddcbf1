// What calls the user back, and the dialog that asks for it.

import { $, attempt, write } from './dom.js';
import { keep, kept } from './kept.js';
import { summary, text } from './text.js';

let audio;

export function title(unread) {
  document.title = unread ? `(${unread}) wschat` : 'wschat';
}

// call tells of a message that nobody looks at. open is called if it is clicked.
export function call(c, item, open) {
  if (!c.personal && !item.mentions) return;
  if (kept('sound')) attempt(beep);
  if (!kept('notify') || globalThis.Notification?.permission !== 'granted') return;
  const what = { body: summary(item), tag: c.name, data: c.name };
  try {
    const told = new Notification(item.from, what);
    told.onclick = () => {
      focus();
      open();
      told.close();
    };
  } catch (error) { // phones have them for service workers alone
    const worker = navigator.serviceWorker?.ready ?? Promise.reject();
    worker.then((worker) => worker.showNotification(item.from, what)).catch(() => attempt(() => { throw error; }));
  }
}

// serve has the service worker keep the page, where browsers allow that. open shows a
// conversation whose notification was clicked.
export function serve(open) {
  const workers = navigator.serviceWorker;
  if (!workers) return; // not over plain HTTP
  workers.register('worker.js').catch(reportError);
  workers.onmessage = ({ data }) => data.open && open(data.open);
}

function beep() {
  audio ??= new AudioContext();
  const [tone, volume, now] = [audio.createOscillator(), audio.createGain(), audio.currentTime];
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start(now);
  tone.stop(now + 0.25);
}

export function settings() {
  const [notify, sound] = [$('notify'), $('sound')];
  $('settings').onclick = () => {
    [notify.checked, sound.checked] = [kept('notify'), kept('sound')];
    $('options').showModal();
  };
  notify.onchange = async () => {
    const ask = async () => globalThis.Notification?.requestPermission();
    const granted = notify.checked && await ask().catch(reportError) === 'granted';
    write($('denied'), notify.checked && !granted ? text.denied : '');
    keep('notify', notify.checked = granted);
  };
  sound.onchange = () => {
    keep('sound', sound.checked);
    if (sound.checked) attempt(beep);
  };
}
