// What has been read is told to the server, for the other devices: soon, but not with each message.

const soon = 1000; // ms

export class Reading {
  #chat;
  #timer;

  constructor(chat) { this.#chat = chat; }

  later(conversations) {
    this.#timer ??= setTimeout(() => this.flush(conversations), soon);
  }

  flush(conversations) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#chat.state !== 'connected') return; // the next welcome goes on
    for (const { name, read } of conversations) {
      if (read > (this.#chat.marks.get(name)?.read ?? 0)) this.#chat.mark(name, { read }).catch(() => {});
    }
  }
}
