// What can be done with a message: a bar at the one under the mouse, with the focus, or pressed long.

import { addressOf } from '../state/address.js';
import { app, open } from '../state/app.js';
import { errorText, summary, text } from '../words/text.js';
import { amend, answer } from './amending.js';
import { complain } from './composer.js';
import { $, button, element } from './dom.js';
import './later.js';
import './written.js';

const list = $('messages');
const bar = element('div', { className: 'bar', role: 'group' });
let at; // the item that has it

export function begin() {
  let press;
  list.onpointerover = ({ pointerType, target }) => pointerType === 'mouse' && show(target);
  list.onpointerleave = ({ pointerType }) => pointerType === 'mouse' && !list.querySelector(':focus-visible') && hide();
  list.onpointerdown = ({ pointerType, target }) => {
    if (pointerType === 'touch') press = setTimeout(show, 500, target);
  };
  list.onpointerup = list.onpointercancel = () => clearTimeout(press);
  list.oncontextmenu = (event) => event.pointerType === 'touch' && event.preventDefault();
  list.addEventListener('focusin', ({ target }) => show(target));
  list.addEventListener('focusout', ({ relatedTarget }) => relatedTarget && !list.contains(relatedTarget) && hide());
}

// step leads from a message to the next one, or to the last one in sight.
export function step(by, from) {
  const all = [...list.querySelectorAll('[data-kind=message]')];
  const now = all.indexOf(from.closest('#messages > li'));
  const end = $('compose').getBoundingClientRect().top;
  (now < 0 ? all.findLast((each) => each.getBoundingClientRect().top < end) : all[now + by])?.focus();
}

function hide() {
  bar.remove();
  at = undefined;
}

export function show(target) {
  const li = target.closest('#messages > li');
  if (!li || li.item === at) return;
  const { item } = li;
  hide();
  if (item.gone || item !== app.open?.message(item.seq)) return; // not there yet, or no longer
  const does = (what, said, sign) => button('does', what, sign, said);
  const may = app.session.chat.role && !app.open.personal;
  const { own, from } = at = item;
  bar.ariaLabel = text.says(from, summary(item));
  bar.replaceChildren(...['👍', '❤️', '😂', '🎉', '😮', '😢'].map((sign) => button('react', sign, sign)), does('more', text.moreReactions, '+'),
    does('reply', text.reply, '↩'), does('link', text.copyLink, '#'));
  if (item.text) bar.append(does('text', text.copyText, ''));
  if (own && !item.file) bar.append(does('edit', text.edit, '✎'));
  if (own || may) bar.append(does('remove', text.remove, '✕'));
  if (may && !own) bar.append(does('kick', text.kick(from), '⊘'));
  put(li);
}
const put = (li) => (li.querySelector('.head') ?? li.querySelector('.line') ?? li).append(bar);

// keep leaves the bar and the focus where they were when a message is drawn anew.
export function keep(li, item) {
  const { activeElement: focused } = document;
  if (focused.closest('#messages > li')?.item === item) queueMicrotask(() => document.activeElement === document.body && (bar.contains(focused) ? focused : li).focus({ preventScroll: true }));
  if (item === at) item.gone ? hide() : put(li);
  return li;
}

export async function act(pressed, item, c) {
  const { dataset: { does, react, jump } } = pressed;
  const { chat, sending } = app.session;
  try {
    if (react) await sending.react(c, item, react);
    else if (jump) open(c.name, { at: Number(jump), quietly: true });
    else if (does === 'reply') answer(item);
    else if (does === 'edit') amend(item);
    else if (does === 'undo') sending.undo(c, item);
    else if (does === 'more') await picked((sign) => sending.react(c, item, sign));
    else if (does === 'link') copy(new URL(addressOf(c.name, item.seq), location).href, pressed, text.copied);
    else if (does === 'text') copy(item.text, pressed);
    else if (does === 'code') copy(pressed.parentElement.querySelector('code').textContent, pressed);
    else if (does === 'remove' && item.own) sending.remove(c, item);
    else if (does === 'remove' && await ask(text.removeOf(item.from, summary(item)), text.remove)) await chat.remove(c.name, item.seq);
    else if (does === 'kick') await kick(item.from);
  } catch (why) {
    complain(text.notSent(errorText(why)));
  }
}

// picked resolves when what was picked is done; nobody has to pick.
async function picked(then) {
  const { pick } = await import('./picker.js');
  return new Promise((done, failed) => { pick((sign) => then(sign).then(done, failed)); });
}

// copy works without TLS, too, where there is no navigator.clipboard.
function copy(words, pressed, said = text.copiedText) {
  document.addEventListener('copy', (event) => {
    event.clipboardData.setData('text/plain', words);
    event.preventDefault();
  }, { once: true });
  document.execCommand('copy');
  pressed.textContent = '✓';
  $('said').textContent = said;
}

// kick ends the connections of a user, after a question.
export async function kick(user) {
  if (await ask(text.kickHim(user), text.kick(user))) await app.session.chat.kick(user, { for: '10m' });
}

function ask(question, verb) {
  const dialog = $('ask');
  $('question').textContent = question;
  $('yes').textContent = verb;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue); });
}
