// A user of the test with a broken network, as a function that is evaluated in
// Node and in a page. It resolves once all joined, to the function that begins;
// that one resolves to what was received and acknowledged.
//
// plan: {user, groups, destinations, count, expect: {conversation: messages}}
async (Chat, url, plan) => {
  const chat = new Chat({ url, user: plan.user, firstWait: 20, longestWait: 300, settled: 2000, silence: 700, patience: 500 });
  const received = Object.fromEntries(Object.keys(plan.expect).map((name) => [name, []]));
  const strange = [];
  let connections = 0;
  let complete;
  const completed = new Promise((resolve) => { complete = resolve; });
  const all = () => Object.entries(plan.expect).every(([name, count]) => received[name].length >= count);
  for (const type of ['gap', 'epoch']) chat.addEventListener(type, ({ detail }) => strange.push({ type, ...detail }));
  chat.addEventListener('state', ({ detail }) => {
    if (detail.state === 'connected') connections++;
    if (detail.state === 'closed') strange.push(detail);
  });
  chat.addEventListener('message', ({ detail: { conversation, seq, text } }) => {
    if (received[conversation]) received[conversation].push([seq, text]);
    else strange.push({ conversation, seq, text });
    if (all()) complete();
  });
  const welcome = new Promise((resolve) => chat.addEventListener('welcome', resolve, { once: true }));
  chat.connect();
  await welcome;
  for (const group of plan.groups) await chat.join(group);

  return async () => {
    const acked = [];
    let next = 0;
    // Each of these has one message on its way.
    const sender = async () => {
      while (next < plan.count) {
        const i = next++;
        const to = plan.destinations[i % plan.destinations.length];
        const text = `${plan.user} ${i}`;
        const { seq } = await chat.send(to, text);
        acked.push([to, seq, text]);
      }
    };
    await Promise.all(Array.from({ length: 20 }, sender));
    await completed;
    return { received, acked, strange, connections };
  };
}
