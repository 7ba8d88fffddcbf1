// Every text of the page, in English and Chinese.

const en = {
  lang: 'en',
  yourId: 'Your id',
  idHint: 'given by the server',
  connect: 'Connect',
  connectNow: 'Connect now',
  disconnect: 'Disconnect',
  idle: 'Not connected',
  connecting: 'Connecting…',
  connected: (id) => `Connected as ${id}`,
  disconnected: (why) => `Disconnected: ${why}`,
  waiting: (why, seconds) => `Trying again in ${seconds} s: ${why}`,
  badId: 'An id is 1 to 64 bytes of letters, digits and _ - . @, does not begin with “group” and is no word of the protocol such as “all”.',
  badGroup: 'A group’s name is 1 to 58 bytes of letters, digits and _ - . @',
  tooLong: 'This is too long to send: at most 1 MiB.',
  close: {
    1000: 'you left',
    1001: 'the server is restarting',
    1006: 'the connection was lost',
    1008: 'removed by the operator',
    1009: 'a message was too large',
    1011: 'an error in the server',
    4000: 'your id has connected elsewhere',
    4001: 'the token has expired',
    4100: 'this page read too slowly',
    unreachable: 'the server cannot be reached',
    other: (code) => `closed with code ${code}`,
  },
  sideLabel: 'Destinations and people',
  sendTo: 'Send to',
  all: 'Everyone',
  group: (name) => `Group ${name}`,
  you: 'you',
  joinedMark: 'joined',
  groupLabel: 'Group by name',
  join: 'Join',
  leave: 'Leave',
  people: 'Online',
  refresh: 'Refresh',
  more: (n) => `and ${n} more`,
  nobody: 'Connect to see who is here.',
  messagesLabel: 'Messages',
  empty: 'No messages yet',
  emptyHint: 'Connect, choose to whom, and write.',
  newest: (n) => (n ? `${n} new ↓` : 'Newest ↓'),
  to: 'To',
  choose: 'Choose',
  history: 'Earlier messages',
  historyOf: (to) => `Earlier messages, without their times: ${to}`,
  textLabel: 'Message',
  placeholder: 'Write a message',
  keys: 'Enter sends, Shift+Enter begins a new line',
  send: 'Send',
  binary: (n) => `binary, ${n} bytes`,
  login: (user) => `${user} came online`,
  exit: (user) => `${user} left`,
  joined: (group) => `You are in ${group}`,
  left: (group) => `You left ${group}`,
  assigned: (id) => `The server gave you the id ${id}`,
  server: [
    [/^没有历史消息$/, () => 'No earlier messages'],
    [/^用户\((.+)\)不在线,上线后送达$/, (user) => `${user} is offline and gets it on return`],
    [/^用户\((.+)\)不在线$/, (user) => `${user} is not online`],
    [/^不能加入 (\S+)$/, (group) => `You may not join ${group}`],
    [/^暂时无法发送$/, () => 'Cannot be sent at the moment'],
    [/^你不在 (\S+) 中$/, (group) => `You are not in ${group}`],
    [/^内容不能为空$/, () => 'There is nothing to send'],
    [/^群组名无效/, () => en.badGroup],
    [/^用户编号无效/, () => en.badId],
    [/^最多同时在 (\d+) 个群组中$/, (n) => `You cannot be in more than ${n} groups`],
  ],
};

const zh = {
  lang: 'zh-CN',
  yourId: '你的编号',
  idHint: '由服务器分配',
  connect: '连接',
  connectNow: '立即连接',
  disconnect: '断开',
  idle: '未连接',
  connecting: '连接中…',
  connected: (id) => `已连接：${id}`,
  disconnected: (why) => `已断开：${why}`,
  waiting: (why, seconds) => `${seconds} 秒后重连：${why}`,
  badId: '编号为 1 至 64 字节的文字、数字和 _ - . @，不能以 group 开头，也不能是 all 等协议保留字。',
  badGroup: '组名为 1 至 58 字节的文字、数字和 _ - . @',
  tooLong: '内容太长，最多 1 MiB。',
  close: {
    1000: '你已离开',
    1001: '服务器正在重启',
    1006: '连接中断',
    1008: '已被管理员移出',
    1009: '消息太大',
    1011: '服务器内部错误',
    4000: '同一编号已在别处连接',
    4001: '令牌已过期',
    4100: '本页接收太慢',
    unreachable: '无法连接服务器',
    other: (code) => `关闭代码 ${code}`,
  },
  sideLabel: '发送对象与在线用户',
  sendTo: '发送给',
  all: '所有人',
  group: (name) => `${name} 组`,
  you: '你',
  joinedMark: '已加入',
  groupLabel: '按名称选组',
  join: '加入',
  leave: '离开',
  people: '在线',
  refresh: '刷新',
  more: (n) => `另有 ${n} 人`,
  nobody: '连接后可见在线用户。',
  messagesLabel: '消息',
  empty: '还没有消息',
  emptyHint: '先连接，再选择发给谁，然后开始聊天。',
  newest: (n) => (n ? `${n} 条新消息 ↓` : '最新消息 ↓'),
  to: '发给',
  choose: '选择',
  history: '历史消息',
  historyOf: (to) => `历史消息：${to}（服务器未提供时间）`,
  textLabel: '消息',
  placeholder: '输入消息',
  keys: 'Enter 发送，Shift+Enter 换行',
  send: '发送',
  binary: (n) => `二进制，${n} 字节`,
  login: (user) => `${user} 上线了`,
  exit: (user) => `${user} 退出了`,
  joined: (group) => `已加入 ${group}`,
  left: (group) => `已离开 ${group}`,
  assigned: (id) => `服务器分配给你的编号是 ${id}`,
  server: [],
};

export const languages = { en, zh };

export const choose = (language) => (/^zh\b/i.test(language ?? '') ? zh : en);

// closeReason says in the user's language why a connection ended. `opened` is
// false for one that never came about: a browser gives only 1006 for that.
export function closeReason(text, { code, reason, opened }) {
  if (code === 1006 && opened === false) return text.close.unreachable;
  return text.close[code] ?? (reason || text.close.other(code));
}

// serverSentence is a sentence of the server in the user's language; one that
// is not known is shown as it came.
export function serverSentence(text, sentence) {
  for (const [pattern, say] of text.server) {
    const found = pattern.exec(sentence);
    if (found) return say(...found.slice(1));
  }
  return sentence;
}

// label is how a destination is called: everyone, a group, you, or an id.
export function label(text, to, me) {
  if (to === 'all') return text.all;
  if (to.startsWith('group')) return text.group(to.slice(5));
  return to === me ? text.you : to;
}
