// Requests with their ids, and what the server answers. Sends outlast broken connections.

const idLives = 9 * 60000; // ms; servers remember ids for 10 minutes

export const failure = (code, message) => Object.assign(new Error(message), { code });
export const unconfirmed = () => failure('unconfirmed', 'perhaps it was delivered');

export class Requests {
  #link;
  #most; // sends that wait
  #prefix = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('');
  #lastId = 0;
  #sends = new Map(); // by id, in the order of the calls: {request, at, resolve, reject, promise}
  #asked = new Map(); // likewise: {resolve, reject}

  constructor(link, most) {
    this.#link = link;
    this.#most = most;
  }

  id() { return `${this.#prefix}-${++this.#lastId}`; }

  // ask resolves to the answer, on this connection.
  ask(request) {
    if (this.#link.state !== 'connected') return Promise.reject(failure('disconnected', 'not connected'));
    const id = this.id();
    this.#link.write({ ...request, id });
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  // send resolves to {seq, offline}, on whatever connection.
  send({ id = this.id(), ...request }, at) {
    const waits = this.#sends.get(id);
    if (waits) return waits.promise;
    const send = { request: { op: 'send', id, ...request }, at };
    return send.promise = this.wait(this.#sends.size, (resolve, reject) => {
      const done = ({ seq, offline = false }) => resolve({ seq, offline });
      this.#sends.set(id, Object.assign(send, { resolve: done, reject }));
      if (this.#link.state === 'connected') this.#transmit(send);
    });
  }
  // wait begins what waits behind others.
  wait(waiting, begin) {
    if (this.#link.state === 'closed') return Promise.reject(failure('closed', 'not connected'));
    if (waiting >= this.#most) return Promise.reject(failure('too_many', 'too many sends wait'));
    return new Promise(begin);
  }
  transmit() { for (const send of [...this.#sends.values()]) this.#transmit(send); }
  #transmit(send) {
    send.at ||= Date.now();
    if (Date.now() - send.at <= idLives) return this.#link.write(send.request);
    this.#sends.delete(send.request.id);
    send.reject(unconfirmed());
  }

  answered(event, { id, ...e }) {
    const asked = this.#sends.get(id) ?? this.#asked.get(id);
    this.#sends.delete(id);
    this.#asked.delete(id);
    if (event === 'error') asked?.reject(failure(e.code, e.message));
    else asked?.resolve(e);
  }

  broken() {
    for (const { reject } of this.#asked.values()) reject(failure('disconnected', 'the connection broke'));
    this.#asked.clear();
  }
  ended() {
    const sends = [...this.#sends.values()];
    this.#sends.clear();
    for (const { reject } of sends) reject(failure('closed', 'the connection was closed'));
  }
}
