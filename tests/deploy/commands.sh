# Read by bash before the commands of a page. SANDBOX is the command that starts the sandbox,
# SANDBOX_LOG the file for what it says.
#
# A reader starts the sandbox in a terminal of its own; here `cargo run -p sandbox` starts it
# beside the page on a free port, after ending the one before, and waits until it answers.
# shellcheck shell=bash
running=

end_sandbox() {
  [ -n "$running" ] || return 0
  kill "$running" 2>/dev/null || true
  wait "$running" || true
  running=
}
trap end_sandbox EXIT

cargo() {
  if [ "${*:1:3}" != 'run -p sandbox' ]; then
    command cargo "$@"
    return
  fi
  shift 3
  [ "${1:-}" != -- ] || shift
  case " $* " in
    *' --ready-file ready.json '*) ;;
    *) set -- "$@" --ready-file ready.json ;;
  esac
  end_sandbox
  rm -f ready.json
  # shellcheck disable=SC2086 # a command with its arguments
  $SANDBOX --port 0 "$@" >>"$SANDBOX_LOG" 2>&1 &
  running=$!
  until [ -e ready.json ]; do
    if ! kill -0 "$running" 2>/dev/null; then
      cat "$SANDBOX_LOG"
      return 1
    fi
    sleep 0.2
  done
}
