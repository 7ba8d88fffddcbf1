// What calls the user back: the title, notifications, a sound.

import { app, on, open } from '../state/app.js';
import { attempt } from '../state/attempt.js';
import { kept } from '../state/kept.js';
import { summary } from '../words/text.js';
import { inTime } from './dom.js';
import { looking } from './log.js';

let audio;
const tabs = () => import('../state/tabs.js'); // which only who is connected needs
const shown = new Map(); // notifications by conversation

export function begin() {
  on('session change', inTime(title));
  on('welcome', async () => (await tabs()).isOf(app.session?.me));
  on('arrived', async (c, item) => {
    if (item.own || looking(c) || !(c.personal || item.mentions) || app.session.chat.marks.get(c.name)?.mute) return;
    if (!await (await tabs()).mayCall(app.session.me, `${c.name} ${item.seq}`) || c.read >= item.seq) return;
    if (kept('sound')) attempt(beep);
    if (kept('notify') && globalThis.Notification?.permission === 'granted') attempt(() => notify(c, item));
  });
  on('read', (c) => {
    if (c.unread) return;
    shown.get(c.name)?.close();
    shown.delete(c.name);
  });
}

function title() {
  const unread = app.session?.unread;
  document.title = unread ? `(${unread}) wschat` : 'wschat';
}

// Some browsers have notifications for service workers alone.
function notify(c, item) {
  const told = new Notification(item.from, { body: summary(item), tag: c.name });
  shown.set(c.name, told);
  told.onclick = () => {
    focus();
    open(c.name);
    told.close();
  };
}

export function beep() {
  audio ??= new AudioContext();
  const [tone, volume, now] = [audio.createOscillator(), audio.createGain(), audio.currentTime];
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start(now);
  tone.stop(now + 0.25);
}
