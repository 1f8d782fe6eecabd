#!/bin/sh
# Makes the secrets of the stack, once: a file that exists is kept. Each is 32 random bytes in hexadecimal.
# The one service that uses a secret reads it by group, the services in the order that they are named in, two groups each;
# PostgreSQL (uid 999) also reads the passwords of the roles that it makes.
set -eu
cd "${1:?usage: make-secrets.sh FOLDER [SERVICE…]}"
shift
umask 077

make_secret() { # NAME OWNER GROUP
  if [ ! -e "$1" ]; then
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1.new"
    chmod 0440 "$1.new"
    chown "$2:$3" "$1.new"
    mv "$1.new" "$1"
    echo "made $1"
  fi
}

make_secret postgres-password 999 999
make_secret jwt-key 0 20001
group=20002
for service; do
  make_secret "$service-password" 999 "$group"
  make_secret "$service-owner-password" 999 "$((group + 1))"
  group=$((group + 2))
done
