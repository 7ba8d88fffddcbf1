// One WebSocket at a time, and coming back after it broke.

// comesBack tells whether a close code asks the client to connect again by
// itself (4000-4099 and a kick say: stay away).
export function comesBack(code) {
  return code === 1001 || code === 1006 || code === 1011 || (code >= 4100 && code <= 4199);
}

// backoff is the wait in milliseconds before the attempt (0, 1, 2, …): doubled
// up to half a minute, of which up to half is chance, so that the clients of a
// server that fell do not all return at once.
export function backoff(attempt, random = Math.random) {
  return Math.min(1000 * 2 ** attempt, 30000) * (0.5 + random() / 2);
}

// A connection that lived this long was a good one: back-off begins anew.
const settled = 10000;

export function socketURL(location, userId) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/socket?userId=${encodeURIComponent(userId)}`;
}

export class Connection {
  #socket = null;
  #timer = 0;
  #attempt = 0;
  #userId = '';
  #on;

  // on.state({state, code, reason, delay, opened}) is told of each change:
  // connecting, connected, waiting (delay: ms until the next attempt) or
  // disconnected. on.text(string) and on.binary(ArrayBuffer) get the messages.
  constructor(on) {
    this.#on = on;
    addEventListener('online', () => this.#timer && this.#open());
  }

  connect(userId) {
    this.#drop();
    this.#userId = userId;
    this.#attempt = 0;
    this.#open();
  }

  disconnect() {
    this.#drop();
    this.#on.state({ state: 'disconnected', code: 1000 });
  }

  // rename is for an id that the server gave: it is used to come back.
  rename(userId) {
    this.#userId = userId;
  }

  // send returns false when there is no open connection.
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  // #drop forgets the socket first, so its late events mean nothing.
  #drop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #open() {
    this.#drop();
    const socket = new WebSocket(socketURL(location, this.#userId));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let openedAt = 0;
    const current = (then) => (event) => socket === this.#socket && then(event);
    socket.onopen = current(() => {
      openedAt = Date.now();
      this.#on.state({ state: 'connected' });
    });
    socket.onmessage = current(({ data }) => {
      if (typeof data === 'string') this.#on.text(data);
      else this.#on.binary(data);
    });
    socket.onclose = current((event) => this.#closed(event, openedAt));
    this.#on.state({ state: 'connecting' });
  }

  #closed({ code, reason }, openedAt) {
    this.#socket = null;
    const opened = openedAt > 0;
    if (!comesBack(code)) {
      this.#on.state({ state: 'disconnected', code, reason, opened });
      return;
    }
    if (opened && Date.now() - openedAt > settled) this.#attempt = 0;
    const delay = backoff(this.#attempt++);
    this.#timer = setTimeout(() => this.#open(), delay);
    this.#on.state({ state: 'waiting', code, reason, opened, delay });
  }
}
