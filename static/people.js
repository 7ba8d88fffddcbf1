// Who is online: a sorted list that the server may have cut, and the whole
// count.

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
    if (this.users[at] === user) return;
    this.count++;
    if (this.users.length < People.most) this.users.splice(at, 0, user);
  }

  remove(user) {
    const at = this.#place(user);
    const listed = this.users[at] === user;
    if (listed || this.count > this.users.length) this.count--;
    if (listed) this.users.splice(at, 1);
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
