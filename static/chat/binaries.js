// Binary messages have no ack: each is sent once the one before it has come back.

import { failure, unconfirmed } from './requests.js';

export class Binaries {
  #link;
  #requests;
  #waiting = []; // {to, bytes, on: its socket, resolve, reject}

  constructor(link, requests) {
    this.#link = link;
    this.#requests = requests;
  }

  send(to, bytes) {
    return this.#requests.wait(this.#waiting.length, (resolve, reject) => {
      this.#waiting.push({ to, bytes, resolve, reject });
    });
  }

  // next sends the first that waits, on this connection for the first time.
  next() {
    const [next] = this.#waiting;
    if (!next || this.#link.state !== 'connected' || next.on === this.#link.socket) return;
    next.on = this.#link.socket;
    const head = new TextEncoder().encode(`${next.to},`);
    const frame = new Uint8Array(head.length + next.bytes.length);
    frame.set(head);
    frame.set(next.bytes, head.length);
    this.#link.socket.send(frame);
  }

  // These end the one under way, if there is one, and tell so.
  cameBack(user, m) { return this.#is(user, m) && this.#done(({ resolve }) => resolve({ seq: m.seq })); }
  refused({ code, message }) { return this.#done(({ reject }) => reject(failure(code, message))); }
  missed(conversation) {
    return this.#waiting[0]?.to === conversation && this.#done(({ reject }) => reject(unconfirmed()));
  }
  ended() {
    for (const { reject } of this.#waiting.splice(0)) reject(failure('closed', 'the connection was closed'));
  }

  #done(how) {
    if (!this.#waiting[0]?.on) return false;
    how(this.#waiting.shift());
    return true;
  }
  #is(user, { from, to, data }) {
    const [now] = this.#waiting;
    if (!now?.on || from !== user || to !== now.to || data === undefined) return false;
    const sent = atob(data);
    return sent.length === now.bytes.length && now.bytes.every((byte, i) => byte === sent.charCodeAt(i));
  }
}
