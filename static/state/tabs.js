// The other tabs of the same user in this browser: one of them is to call, and none if one is in use.

const patience = 150; // ms for the others' answers

const id = crypto.getRandomValues(new Uint32Array(1))[0];
const channel = globalThis.BroadcastChannel && new BroadcastChannel('wschat tabs');
const inUse = () => !document.hidden && document.hasFocus();
let user;
let answers;

if (channel) channel.onmessage = ({ data }) => {
  if (data.user !== user) return;
  if (data.asks) channel.postMessage({ user, id, inUse: inUse() });
  else answers?.push(data);
};

// mayCall resolves to whether this tab is the one of the user's that calls.
export async function mayCall(me) {
  user = me;
  if (inUse()) return true; // it is this one that is used, elsewhere in it
  if (!channel) return true;
  answers ??= [];
  channel.postMessage({ user, asks: true });
  await new Promise((done) => { setTimeout(done, patience); });
  const heard = answers;
  return !heard.some((other) => other.inUse || other.id < id);
}

export function isOf(me) { user = me; }
