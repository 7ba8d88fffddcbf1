// The settings, the language, and leaving.

import { app, on, tell } from '../state/app.js';
import { logOut } from '../state/access.js';
import { attempt } from '../state/attempt.js';
import { keep, kept } from '../state/kept.js';
import { language, speak, text } from '../words/text.js';
import { $, write } from './dom.js';
import { beep } from './notify.js';

export function begin() {
  settings();
  $('disconnect').onclick = () => {
    keep('enter', false);
    app.session.chat.disconnect();
  };
  $('other-name').onclick = () => {
    $('options').close();
    logOut();
  };
  for (const each of document.querySelectorAll('.language')) each.onclick = translate;
  on('session connection', () => {
    const me = app.session?.me ?? '';
    write($('me'), me);
    $('me').title = me;
    $('disconnect').hidden = app.connection.state === 'closed';
  });
}

async function translate() {
  await speak(language() === 'zh' ? 'en' : 'zh');
  tell('language');
}

function settings() {
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
