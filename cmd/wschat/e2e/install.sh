#!/bin/sh
# Installs what the end-to-end tests need beyond Go: wscat and axe-core, by npm
# into this folder, Chromium, Firefox, nginx, Redis and strace, by apt. What is
# there already is left as it is.
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

# works tells whether wscat and axe-core are there as the lock file says, and
# wscat starts.
works() {
	cmp -s package-lock.json node_modules/.installed-lock && node node_modules/wscat/bin/wscat --version >/dev/null 2>&1 &&
		[ -s node_modules/axe-core/axe.min.js ]
}

install_wscat() {
	if ! has node; then
		lack "wscat: there is no node to run it"
	elif works; then
		return
	elif ! has npm; then
		lack "wscat: there is no npm to install it"
	else
		echo "installing wscat and axe-core by npm"
		if ! npm ci --ignore-scripts --loglevel=error >/dev/null; then
			lack "wscat: npm ci failed"
			return
		fi
		cp package-lock.json node_modules/.installed-lock
		works || lack "wscat: it does not start with node $(node --version)"
	fi
}

find_chromium() {
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		if has "$name"; then return 0; fi
	done
	return 1
}

install_chromium() {
	if find_chromium; then
		return
	elif ! has apt-get; then
		lack "Chromium: there is no apt-get to install it; any chromium or google-chrome in PATH will do"
	elif ! may_be_root; then
		lack "Chromium: not root, and sudo asks for a password; install it by: apt-get install chromium"
	elif ! apt_install chromium; then
		lack "Chromium: apt-get failed"
	elif ! find_chromium; then
		lack "Chromium: apt-get installed none that can be found"
	fi
}

# Debian's is firefox-esr; that of Ubuntu is a package of another kind.
find_firefox() { has firefox-esr || has firefox; }

install_firefox() {
	if find_firefox; then
		return
	elif ! has apt-get; then
		lack "Firefox: there is no apt-get to install it; any firefox-esr or firefox in PATH will do"
	elif ! may_be_root; then
		lack "Firefox: not root, and sudo asks for a password; install it by: apt-get install firefox-esr"
	elif ! apt_install firefox-esr; then
		lack "Firefox: apt-get failed"
	elif ! find_firefox; then
		lack "Firefox: apt-get installed none that can be found"
	fi
}

find_nginx() { has nginx || [ -x /usr/sbin/nginx ]; }

# The tests start an nginx of their own.
install_nginx() {
	if find_nginx; then
		return
	elif ! has apt-get; then
		lack "nginx: there is no apt-get to install it; any nginx from 1.19.5 on in PATH will do"
	elif ! may_be_root; then
		lack "nginx: not root, and sudo asks for a password; install it by: apt-get install nginx"
	elif ! apt_install nginx; then
		lack "nginx: apt-get failed"
	elif ! find_nginx; then
		lack "nginx: apt-get installed none that can be found"
	fi
}

# Sharded pub/sub came with Redis 7.
find_redis() {
	for name in redis valkey; do
		if has $name-cli && $name-server --version 2>/dev/null | grep -Eq ' v=([7-9]|[1-9][0-9])\.'; then return 0; fi
	done
	return 1
}

# The tests start servers of their own, so the package's service is not wanted: in
# runlevel 1 none is started, and where systemd does not care for that it is
# stopped.
install_redis() {
	if find_redis; then
		return
	elif ! has apt-get; then
		lack "Redis: there is no apt-get to install it; any redis-server and redis-cli from 7.0 on in PATH will do"
	elif ! may_be_root; then
		lack "Redis: not root, and sudo asks for a password; install it by: apt-get install redis-server"
	elif ! apt_install redis-server; then
		lack "Redis: apt-get failed"
	elif ! find_redis; then
		lack "Redis: apt-get installed none from 7.0 on that can be found"
	fi
	if has systemctl; then
		as_root systemctl --quiet disable --now redis-server 2>/dev/null
	fi
}

# It must be allowed to trace a process that is not its child, which some containers
# forbid, and some systems to those who are not root.
find_strace() {
	has strace || return 1
	sleep 1 &
	strace -o /dev/null -p $! 2>/dev/null
}

install_strace() {
	if find_strace; then
		return
	elif has strace; then
		lack "strace: it may not trace here"
	elif ! has apt-get; then
		lack "strace: there is no apt-get to install it; any strace from 4.22 on in PATH will do"
	elif ! may_be_root; then
		lack "strace: not root, and sudo asks for a password; install it by: apt-get install strace"
	elif ! apt_install strace; then
		lack "strace: apt-get failed"
	elif ! find_strace; then
		lack "strace: it may not trace here"
	fi
}

font=fonts-wqy-microhei
has_font() {
	dpkg -s $font >/dev/null 2>&1 || { has fc-list && [ -n "$(fc-list :lang=zh-cn family)" ]; }
}

# Without a font for Chinese the tests are the same, only the screenshots show boxes.
install_font() {
	if has_font; then
		return
	elif ! has apt-get || ! may_be_root || ! apt_install $font; then
		echo "no font for Chinese: screenshots will show boxes" >&2
	fi
}

install_wscat
install_chromium
install_firefox
install_nginx
install_redis
install_strace
[ -e "$missing" ] || install_font
[ -e "$missing" ] || echo "wscat, axe-core, Chromium, Firefox, nginx, Redis and strace are there"
