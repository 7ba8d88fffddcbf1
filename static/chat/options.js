// What new Chat takes, and what it is otherwise.

export const defaults = {
  url: undefined, // undefined: the socket beside chat.js
  user: '', // '': the server gives an id
  token: '', // what no header can carry ends in closed
  history: false, // true: the first connection delivers what is kept
  state: 0, // messages of each conversation whose present state is kept; true: 1000
  maxSends: 1000, // sends that wait for their ack
  maxHeld: 1000, // messages behind missing ones; more are fetched again
  firstWait: 1000, // ms, at most, before coming back; doubled each time
  longestWait: 30000, // ms
  settled: 10000, // ms of connection after which waits begin anew
  silence: 30000, // ms before a silent server is asked for an answer
  patience: 10000, // ms for that answer, and for the welcome
  wakePatience: 3000, // ms for that of a page that wakes: comes into view, into focus, or online
  random: Math.random, // the part of its bound that a wait lasts
};
