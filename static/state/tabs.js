// The other tabs of the same user in this browser: one of them is to call, and none if one is in use.

const patience = 150; // ms for the others' answers
const held = 10_000; // ms for which no other tab calls for the same

const id = crypto.getRandomValues(new Uint32Array(1))[0];
const channel = globalThis.BroadcastChannel && new BroadcastChannel('wschat tabs');
const inUse = () => !document.hidden && document.hasFocus();
let user;
let answers;
let asking; // a promise of the answers, while they are awaited

if (channel) channel.onmessage = ({ data }) => {
  if (data.user !== user) return;
  if (data.asks) channel.postMessage({ user, id, inUse: inUse() });
  else answers?.push(data);
};

async function ask() {
  answers = [];
  channel.postMessage({ user, asks: true });
  await new Promise((done) => { setTimeout(done, patience); });
  asking = undefined;
  return answers;
}

// mayCall resolves to whether this tab is the one of the user's that calls, and calls for what
// only once.
export async function mayCall(me, what) {
  user = me;
  if (channel && !inUse()) { // one that is used calls at once
    const heard = await (asking ??= ask());
    if (heard.some((other) => other.inUse || other.id < id)) return false;
  }
  return isFirst(`wschat call ${me} ${what}`);
}

// isFirst keeps a lock for a while: a busy tab may answer too late to be heard.
const isFirst = (name) => !navigator.locks || new Promise((resolve) => {
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    resolve(!!lock);
    return lock && new Promise((done) => { setTimeout(done, held); });
  }).catch(() => resolve(true)); // refused by the browser
});

export function isOf(me) { user = me; }
