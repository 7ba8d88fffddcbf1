#!/bin/sh
# Installs what the tests need beyond Go: wscat, axe-core and jose, by npm into this folder,
# Chromium, Firefox, nginx, HAProxy, Caddy, Redis, OpenSSL and strace, by apt.
# What is there already is left as it is.
# What cannot be installed is written to .missing, one line each with the reason.
set -u
cd "$(dirname "$0")" || exit 1
missing=.missing
rm -f "$missing"

has() { command -v "$1" >/dev/null 2>&1; }

lack() {
	echo "$1" >>"$missing"
	echo "missing: $1" >&2
}

# as_root runs a command as root, if this user may without being asked anything.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

may_be_root() { [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }

updated=
apt_install() {
	echo "installing $* by apt-get"
	if [ -z "$updated" ]; then
		updated=1
		# One source that is out of reach is no reason to give up.
		as_root apt-get -qq -o DPkg::Lock::Timeout=120 update
	fi
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" >/dev/null
}

# works tells whether the packages are there as the lock file says, and wscat starts.
works() {
	cmp -s package-lock.json node_modules/.installed-lock && node node_modules/wscat/bin/wscat --version >/dev/null 2>&1 &&
		[ -s node_modules/axe-core/axe.min.js ] && [ -d node_modules/jose ]
}

install_wscat() {
	if ! has node; then
		lack "wscat: there is no node to run it"
	elif works; then
		return
	elif ! has npm; then
		lack "wscat: there is no npm to install it"
	else
		echo "installing wscat, axe-core and jose by npm"
		if ! npm ci --ignore-scripts --loglevel=error >/dev/null; then
			lack "wscat: npm ci failed"
			return
		fi
		cp package-lock.json node_modules/.installed-lock
		works || lack "wscat: it does not start with node $(node --version)"
	fi
}

# debian installs a package, unless its program is there. $1: the program's name; $2: the
# package; $3: what will do instead. find_… tells whether it is there.
#
# The tests start servers of their own, so a package's service is not wanted: in runlevel 1
# none is started, and where systemd does not care for that it is stopped.
debian() {
	find=find_$(echo "$1" | tr '[:upper:]' '[:lower:]')
	if $find; then
		return
	elif ! has apt-get; then
		lack "$1: there is no apt-get to install it; any $3 will do"
	elif ! may_be_root; then
		lack "$1: not root, and sudo asks for a password; install it by: apt-get install $2"
	elif ! apt_install "$2"; then
		lack "$1: apt-get failed"
	elif ! $find; then
		lack "$1: apt-get installed no $3"
	fi
	if has systemctl; then
		as_root systemctl --quiet disable --now "$2" 2>/dev/null
	fi
}

# has_any tells whether one of several programs is there. Not every user has sbin in PATH.
has_any() {
	for name; do
		if has "$name" || [ -x "/usr/sbin/$name" ]; then return 0; fi
	done
	return 1
}

find_chromium() { has_any chromium chromium-browser google-chrome google-chrome-stable; }

# Debian's is firefox-esr; that of Ubuntu is a package of another kind.
find_firefox() { has_any firefox-esr firefox; }

find_openssl() { has_any openssl; }
find_nginx() { has_any nginx; }
find_haproxy() { has_any haproxy; }
find_caddy() { has_any caddy; }

# Sharded pub/sub came with Redis 7.
find_redis() {
	for name in redis valkey; do
		if has $name-cli && $name-server --version 2>/dev/null | grep -Eq ' v=([7-9]|[1-9][0-9])\.'; then return 0; fi
	done
	return 1
}

# Some tests are run with Valkey too, where apt-get has it: Debian does from 13 on.
find_valkey() { has valkey-server || ! apt-cache show valkey-server >/dev/null 2>&1; }

# It must be allowed to trace a process that is not its child, which some containers
# forbid, and some systems to those who are not root.
find_strace() {
	has strace || return 1
	sleep 1 &
	strace -o /dev/null -p $! 2>/dev/null
}

# Without fonts for Chinese and for emoji in colour the tests are the same, only the screenshots
# show boxes. $1: the package; $2: what fc-list knows it by.
install_font() {
	if dpkg -s "$1" >/dev/null 2>&1 || { has fc-list && [ -n "$(fc-list "$2" family)" ]; }; then
		return
	elif ! has apt-get || ! may_be_root || ! apt_install "$1"; then
		echo "no $1: screenshots will show boxes" >&2
	fi
}

install_fonts() {
	install_font fonts-wqy-microhei :lang=zh-cn
	install_font fonts-noto-color-emoji :lang=und-zsye
}

install_wscat
debian Chromium chromium 'chromium or google-chrome in PATH'
debian Firefox firefox-esr 'firefox-esr or firefox in PATH'
debian nginx nginx 'nginx from 1.19.5 on'
debian HAProxy haproxy 'haproxy from 2.4 on'
debian Caddy caddy 'caddy from 2.5 on'
debian Redis redis-server 'redis-server and redis-cli from 7.0 on in PATH'
debian OpenSSL openssl 'openssl from 3.0 on in PATH'
debian Valkey valkey-server 'valkey-server in PATH'
debian strace strace 'strace from 4.22 on that may trace'
[ -e "$missing" ] || install_fonts
[ -e "$missing" ] || echo "wscat, axe-core, jose, Chromium, Firefox, nginx, HAProxy, Caddy, Redis, OpenSSL and strace are there"
