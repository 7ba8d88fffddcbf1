// Who is online: a sorted list that the server may have cut, and the whole
// count. Each change returns the index in the list, or -1 if it did not change.

export class People {
  // The protocol lists at most this many; beyond it only the count goes on.
  static most = 1000;

  users = [];
  count = 0;

  // replace takes the server's whole list, and returns this.
  replace(users, count) {
    this.users = [...users].sort();
    this.count = count;
    return this;
  }

  add(user) {
    const at = this.#place(user);
    if (this.users[at] === user) return -1;
    this.count++;
    if (this.users.length >= People.most) return -1;
    this.users.splice(at, 0, user);
    return at;
  }

  remove(user) {
    const at = this.#place(user);
    if (this.users[at] !== user) {
      if (this.count > this.users.length) this.count--;
      return -1;
    }
    this.users.splice(at, 1);
    this.count--;
    return at;
  }

  has(user) { return this.users[this.#place(user)] === user; }

  // #place is where the user is in the list, or would be.
  #place(user) {
    let [low, high] = [0, this.users.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.users[middle] < user) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
