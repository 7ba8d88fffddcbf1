// Who is online: a sorted list that the server may have cut, and the whole count.

export class People {
  // The protocol lists at most this many; beyond it only the count goes on.
  static most = 1000;

  users = [];
  count = 0;

  replace(users, count) {
    this.users = [...users].sort();
    this.count = count;
    return this;
  }

  has(user) { return this.users.includes(user); }

  add(user) {
    if (this.has(user)) return;
    this.count++;
    if (this.users.length < People.most) this.users = [...this.users, user].sort();
  }

  remove(user) {
    const listed = this.has(user);
    if (listed || this.count > this.users.length) this.count--;
    if (listed) this.users = this.users.filter((each) => each !== user);
  }
}
