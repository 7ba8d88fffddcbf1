// The settings, a dialog that is made when it is opened.

import { attempt } from '../state/attempt.js';
import { keep, kept } from '../state/kept.js';
import { text } from '../words/text.js';
import { element } from './dom.js';
import { beep } from './notify.js';
import './later.js';

// settings opens them; the focus comes back to the button that did.
export function settings(opener) {
  const [notify, sound] = ['notify', 'sound'].map((id) => element('input', { id, type: 'checkbox', checked: Boolean(kept(id)) }));
  const denied = element('p', { id: 'denied', role: 'status' });
  const box = (field, said) => element('label', {}, field, element('span', {}, said));
  const keys = (names, does) => [element('dt', {}, ...names.split(' ').flatMap((name) => [element('kbd', {}, name), ' '])), element('dd', {}, does)];
  const dialog = element('dialog', { id: 'options', ariaLabel: text.settings, onclose: () => {
    dialog.remove();
    opener.focus();
  } },
  element('h2', {}, text.settings), box(notify, text.notify), box(sound, text.sound), element('small', {}, text.forWhat), denied,
  element('h3', {}, text.keys), element('dl', {}, ...keys('Enter', text.keysSend), ...keys('Shift Enter', text.keysLine),
    ...keys('Alt ↑ ↓', text.keysSwitch), ...keys('Ctrl K', text.keysFind), ...keys('Ctrl F', text.search)),
  element('form', { method: 'dialog' }, element('button', 'main', text.done)));
  notify.onchange = async () => {
    const ask = async () => globalThis.Notification?.requestPermission();
    const granted = notify.checked && await ask().catch(reportError) === 'granted';
    denied.textContent = notify.checked && !granted ? text.denied : '';
    keep('notify', notify.checked = granted);
  };
  sound.onchange = () => {
    keep('sound', sound.checked);
    if (sound.checked) attempt(beep);
  };
  document.body.append(dialog);
  dialog.showModal();
}
