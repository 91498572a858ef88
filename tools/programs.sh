#!/bin/sh
# The programs that the tests speak to, from Debian: installed when missing and when we may. No service is started.
set -eu
PATH=$PATH:/usr/sbin:/usr/lib/dovecot:$(echo /usr/lib/postgresql/*/bin | tr ' ' :)

missing=
need() {
    command -v "$1" >/dev/null || missing="$missing $2"
}
need initdb postgresql
need smtp-sink postfix
need imap dovecot-imapd
need cupsd cups-daemon
need pdftotext poppler-utils
need systemd-analyze systemd
need strace strace
need mmdebstrap mmdebstrap
[ -n "$missing" ] || exit 0

install="apt-get install --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
    echo "the tests need programs that are missing here; as root: $install" >&2
    exit 1
fi

# Debian asks this file whether a new service may start; 101 means no.
asked=/usr/sbin/policy-rc.d
said=$(mktemp)
trap 'exit 1' HUP INT TERM
trap 'rm -f "$said"' EXIT
if [ ! -e $asked ]; then
    trap 'rm -f "$said" $asked' EXIT
    printf '#!/bin/sh\nexit 101\n' >$asked
    chmod +x $asked
fi
export DEBIAN_FRONTEND=noninteractive
echo "$install" >&2
if ! { apt-get update && $install --yes; } </dev/null >"$said" 2>&1; then
    tail -n 20 "$said" >&2
    exit 1
fi
