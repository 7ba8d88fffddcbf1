import { $, element, inTime, write } from './dom.js';
import { forget, row } from './rows.js';
import { label, shown, text } from './text.js';
import { Windowed } from './windowed.js';

export class Pane {
  #room;
  #c; // the conversation
  #changed;
  #said = []; // messages to be read out
  #window = new Windowed({
    items: () => this.#c?.all ?? [],
    draw: (item, before) => row(item, before, { mine: this.#room.mine, first: this.#c.first }),
    drop: forget,
  });

  constructor(changed) {
    this.#changed = changed;
    $('messages').onclick = ({ target }) => {
      const button = target.closest('button');
      const { item } = target.closest('li') ?? {};
      const { retry, more, picture } = button?.dataset ?? {};
      if (retry !== undefined) this.#room.retry(this.#c, item);
      if (more) {
        [item.length, item.stale] = [Number(more), true];
        this.#window.changed();
      }
      if (picture !== undefined) this.#enlarge(button.firstChild);
    };
    $('newest').onclick = () => {
      this.#window.toEnd();
      $('text').focus();
    };
    $('viewer').onclick = () => $('viewer').close();
    for (const [to, type] of [[$('log'), 'scroll'], [document, 'visibilitychange'], [window, 'focus']]) to.addEventListener(type, () => this.#look());
  }

  show(room) {
    const c = room.open;
    [this.#room, this.#c] = [room, c];
    c.first = c.unread ? c.items.filter((each) => each.kind === 'message' && !each.own).at(-c.unread) : undefined;
    this.#window.atEnd = true;
    this.redraw();
  }

  redraw() {
    if (!this.#c) return;
    this.#window.redraw();
    this.about();
    this.#look();
  }

  #enlarge({ src, alt }) {
    $('viewer').replaceChildren(element('img', { src, alt }), element('button', { autofocus: true }, text.done));
    $('viewer').showModal();
  }

  // looking: the user sees what comes.
  looking(c) { return c === this.#c && this.#window.atEnd && !document.hidden && document.hasFocus(); }

  items(c) {
    if (c !== this.#c) return;
    this.#window.changed();
    this.#look();
  }

  arrived(c, item) {
    if (item.own) {
      this.#window.atEnd ||= c === this.#c;
      return;
    }
    if (!this.looking(c)) c.unread++;
    if (c === this.#c && c.unread === 1) {
      if (c.first) c.first.stale = true;
      c.first = item;
    }
    if (c === this.#c || c.personal || item.mentions) {
      this.#said.push(item);
      this.#speak();
    }
  }
  #speak = inTime(() => {
    const said = this.#said.splice(0);
    $('said').textContent = said.length > 3 ? text.newMessages(said.length)
      : said.map(({ from, text: words, file }) => text.says(shown(from), file ? file.name || text.file : words.slice(0, 200))).join('\n');
  });

  // #look notes what has been read, and fetches what is soon to be.
  #look = inTime(() => {
    const c = this.#c;
    if (!c) return;
    if ($('log').clientHeight && $('log').scrollTop < 600) this.#room.load(c);
    if (this.looking(c) && (c.unread || c.seen < c.last?.seq)) {
      c.read();
      this.#changed();
    }
    $('newest').hidden = this.#window.atEnd;
    write($('newest'), text.newest(c.unread));
    write($('earlier'), c.loading ? text.loading : c.more || !c.items.length ? '' : text.beginning);
    $('empty').hidden = c.all.length > 0 || c.loading;
    write($('empty'), c.joined ? text.empty : text.joinHint);
  });

  about() {
    const [c, room] = [this.#c, this.#room];
    const { name, group } = c;
    write($('title'), label(name, room.me));
    $('title').title = name;
    let about = '';
    if (name === 'all') about = text.onlineNow(room.people.count);
    else if (c.personal) about = room.people.has(name) ? text.isOnline : text.isAway;
    else if (!c.joined) about = text.notIn;
    else if (c.members) about = `${text.onlineNow(c.members.count)}: ${c.members.users.slice(0, 50).map(shown).join(', ')}`;
    write($('about'), room.connected ? about : '');
    $('join').hidden = !group || c.joined;
    $('leave').hidden = !group || !c.joined;
    $('join').disabled = $('leave').disabled = !room.connected;
    $('text').ariaLabel = $('text').placeholder = text.writeIn(label(name, room.me));
  }
}
