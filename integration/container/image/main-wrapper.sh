#!/command/with-contenv sh
# As Hermes' own: runs a program as the account, and anything else as a command of Hermes'.
command -v "${1-hermes}" >/dev/null || set -- hermes "$@"
exec s6-setuidgid hermes "$@"
