#!/bin/sh
# Makes the secrets of the stack, once: a file that exists is kept. Each is 32 random bytes in hexadecimal.
# The one service that uses a secret reads it by group; PostgreSQL (uid 999) also reads the passwords that its init script sets.
set -eu
cd "${1:?usage: make-secrets.sh FOLDER}"
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

make_secret jwt-key 0 20001
make_secret user-password 999 20002
make_secret user-owner-password 999 20003
make_secret order-password 999 20004
make_secret order-owner-password 999 20005
make_secret postgres-password 999 999
