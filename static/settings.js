// The dialog for notifications and sound.

import { $, write } from './dom.js';
import { keep, kept } from './kept.js';
import { beep } from './notify.js';
import { text } from './text.js';

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
    if (sound.checked) beep();
  };
}
