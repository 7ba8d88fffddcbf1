// One connection after another: opening, listening for silence, waiting, coming back.

const wakes = ['online', 'focus', 'visibilitychange'];
// PROTOCOL section 4.
const comesBack = (code) => [1001, 1006, 1011].includes(code) || (code >= 4100 && code <= 4199);

export class Link {
  state = 'closed';
  socket = null;
  #options;
  #on;
  #opened = 0; // when the socket did
  #heard = 0; // when the server was, or when the attempt began
  #woken = false; // and has asked the server, which has not answered yet
  #attempt = 0;
  #timers = {}; // next (attempt), watch (over silence)
  // A page that wakes does not wait for what its clocks have missed.
  #wake = ({ type }) => {
    if (type === 'visibilitychange' && globalThis.document?.hidden) return;
    const { silence, wakePatience } = this.#options;
    const unheard = Date.now() - this.#heard;
    if (this.state !== 'connected') {
      if (this.state === 'waiting' || type === 'online' || unheard > wakePatience) this.#open();
    } else if (unheard > 4 * silence) this.#closed(undefined, 0); // it slept, or would have asked
    else if (!this.#woken) {
      this.#woken = true;
      this.#probe(wakePatience, 0);
    }
  };

  // on: address() of the next connection, as [url, protocols]; welcome(event) and hear(event), of
  // the server; probe() writes a request that has an answer; broken() when a connection ends,
  // ended() when no other follows; state(detail) when the state has changed.
  constructor(options, on) {
    this.#options = options;
    this.#on = on;
  }

  // begin connects at once, also while waiting, and comes back after each break.
  begin() {
    if (this.socket) return;
    if (this.state === 'closed') this.#attempt = 0;
    for (const type of wakes) globalThis.addEventListener?.(type, this.#wake);
    this.#open();
  }
  end(detail = { code: 1000, reason: '', opened: this.#opened > 0 }) {
    for (const type of wakes) globalThis.removeEventListener?.(type, this.#wake);
    this.#drop();
    this.#on.ended();
    this.change('closed', detail);
  }
  change(state, detail) {
    this.state = state;
    this.#on.state({ state, ...detail });
  }
  write(request) { this.socket.send(JSON.stringify(request)); }

  #open() {
    this.#drop();
    const [url, protocols] = this.#on.address();
    this.#opened = 0;
    this.#heard = Date.now();
    let socket;
    try {
      socket = this.socket = new WebSocket(url, protocols);
    } catch ({ message }) { // of a token no header can carry
      return this.end({ code: 1006, reason: message, opened: false });
    }
    this.#watch(() => this.#closed(), this.#options.patience);
    const current = (then) => (event) => socket === this.socket && then(event);
    socket.onopen = current(() => { this.#opened = Date.now(); });
    socket.onmessage = current(({ data }) => this.#receive(data));
    socket.onclose = current((event) => this.#closed(event));
    socket.onerror = current(() => setTimeout(current(() => this.#closed()), 0)); // a close may not follow
    this.change('connecting');
  }

  #drop() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#woken = false;
    const { socket } = this;
    this.socket = null; // first, so that late events mean nothing
    socket?.close(1000);
    this.#on.broken();
  }

  #closed({ code, reason } = { code: 1006, reason: '' }, longest = this.#options.longestWait) {
    const opened = this.#opened > 0;
    if (!comesBack(code)) return this.end({ code, reason, opened });
    this.#drop();
    const { firstWait, settled, random } = this.#options;
    if (opened && Date.now() - this.#opened >= settled) this.#attempt = 0;
    // Chance spreads the clients of a server that fell.
    const wait = random() * Math.min(longest, firstWait * 2 ** this.#attempt++);
    this.#timers.next = setTimeout(() => this.#open(), wait);
    this.change('waiting', { in: wait, attempt: this.#attempt, code, reason, opened });
  }

  #receive(data) {
    const event = JSON.parse(data);
    this.#heard = Date.now();
    this.#woken = false;
    if (event.event === 'welcome') this.#on.welcome(event);
    if (this.state !== 'connected') return; // the welcome has it
    this.#watch(() => this.#probe(), this.#options.silence);
    this.#on.hear(event);
  }

  // #probe asks for any answer: not every dead connection closes.
  #probe(patience = this.#options.patience, longest = undefined) {
    this.#on.probe();
    this.#watch(() => this.#closed(undefined, longest), patience);
  }
  #watch(then, ms) {
    clearTimeout(this.#timers.watch);
    this.#timers.watch = setTimeout(then, ms);
  }
}
