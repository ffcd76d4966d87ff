# The Windows build under Wine. Sourced by .ci/run.
#
# That something runs there does not prove that it runs on Windows: the kernel, its locks, PowerShell and the texts of
# errors are others. What it proves is that the calls are right: registry, WinHTTP, accounts, processes.

# Packages whose tests run as Windows programs, and tests of others by name: PACKAGE or PACKAGE:TESTS.
windows_tests='
./internal/forward
./internal/pac
./internal/tunnel
./ci
./internal/config
./internal/classify
./internal/machine
./internal/doctor
./internal/modcache:Undo|Claims|Writable|Begin
./internal/setup:Persist|PastLocks|Paths
./report
'

check_windows() {
  local entry package tests start
  [ "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 ] || skip 'Wine is set up on Linux, amd64, only'
  trap wine_down EXIT # of this check's own shell
  wine_up
  for entry in $windows_tests; do
    package=${entry%%:*} tests=.
    [ "$package" = "$entry" ] || tests=${entry#*:}
    start=$SECONDS
    GOPROXY_SETUP_REGISTRY=scratch GOOS=windows \
      go test -count=1 -v -overlay="$scratch/wine/overlay.json" -exec "$scratch/wine/run" -run "$tests" "$package" \
      >"$scratch/wine/tests" 2>&1 || { cat "$scratch/wine/tests" >&2; return 1; }
    echo "$package: $(grep -c '^--- PASS' "$scratch/wine/tests") tests, $((SECONDS - start)) s"
    grep -A1 '^--- SKIP' "$scratch/wine/tests" || : # with their reasons
  done
  windows_program
}

# The program as released, on a machine whose registry names a forward proxy.
windows_program() {
  local settings='HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings' said=$scratch/wine/doctor
  GOOS=windows CGO_ENABLED=0 go build -trimpath -o "$scratch/wine/goproxy-setup.exe" ./cmd/goproxy-setup
  "$scratch/wine/run" reg add "$settings" /f /v ProxyEnable /t REG_DWORD /d 1 >/dev/null
  "$scratch/wine/run" reg add "$settings" /f /v ProxyServer /d '127.0.0.1:9' >/dev/null
  "$scratch/wine/run" "$scratch/wine/goproxy-setup.exe" version
  # There is no go, so it fails; what matters is which forward proxy it found. It runs in a folder of its own, since
  # what it writes to try a folder stays there: see the overlay below.
  mkdir "$scratch/wine/job"
  ! (cd "$scratch/wine/job" && "$scratch/wine/run" "$scratch/wine/goproxy-setup.exe" doctor -v) >"$said" 2>&1 || return
  grep 'forward-from' "$said" || { cat "$said" >&2; return 1; }
  grep -q 'HKCU Internet Settings: answers 127.0.0.1:9' "$said"
}

# wine_up makes a prefix that is thrown away: run, a program that runs others in it, and overlay.json for go test.
# GOPROXY_SETUP_WINE may name a Wine of one's own.
wine_up() {
  local dir=$scratch/wine wine=${GOPROXY_SETUP_WINE-} file
  if [ -z "$wine" ]; then
    PATH=$PATH:/usr/lib/wine
    need wine64 wine64 || skip 'Wine cannot be installed'
    wine=$(command -v wine64)
  fi
  mkdir -p "$dir/prefix"
  # shellcheck disable=SC2016 # for the script itself
  printf '#!/bin/sh\nexport WINEPREFIX=%s WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=\nexec %s "$@"\n' \
    "$dir/prefix" "$wine" >"$dir/run"
  chmod +x "$dir/run"
  "$dir/run" wineboot --init >"$dir/boot.log" 2>&1 || { cat "$dir/boot.log" >&2; return 1; }
  "$dir/run" winecfg /v win10 >>"$dir/boot.log" 2>&1 # a new prefix calls itself Windows 7
  wine_shim "$dir"
  # os.RemoveAll asks for what Wine 8 does not have and answers STATUS_NOT_IMPLEMENTED to; Go's own fallback takes
  # only other answers. For tests, never for what is released.
  file=$(go env GOROOT)/src/internal/syscall/windows/at_windows.go
  sed 's/^\tcase STATUS_INVALID_INFO_CLASS,/\tcase NTStatus(0xC0000002), STATUS_INVALID_INFO_CLASS,/' "$file" >"$dir/at_windows.go"
  ! cmp -s "$file" "$dir/at_windows.go" || { echo "nothing was replaced in $file" >&2; return 1; }
  printf '{"Replace":{"%s":"%s"}}\n' "$file" "$dir/at_windows.go" >"$dir/overlay.json"
}

# wine_down ends the server of the prefix, which outlives the last program and writes into it.
wine_down() {
  local server
  for server in wineserver64 wineserver; do
    server=$(PATH=/usr/lib/wine:$PATH command -v "$server") || continue
    WINEPREFIX=$scratch/wine/prefix "$server" -k -w && return || :
  done
}

# wine_shim gives a prefix the one DLL that Go programs need and Wine 8 lacks.
wine_shim() {
  local dll=$1/prefix/drive_c/windows/system32/bcryptprimitives.dll
  [ ! -e "$dll" ] || return 0
  need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32 || skip 'there is no compiler for the DLL that Wine lacks'
  cat >"$1/shim.c" <<'C'
#include <windows.h>
extern BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* advapi32!RtlGenRandom */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n)
{
    while (n) {
        ULONG k = n > 0x10000000 ? 0x10000000 : (ULONG)n;
        if (!SystemFunction036(p, k)) return FALSE;
        p += k; n -= k;
    }
    return TRUE;
}
BOOL WINAPI DllMainCRTStartup(HINSTANCE h, DWORD r, LPVOID x) { return TRUE; }
C
  x86_64-w64-mingw32-gcc -shared -nostdlib -O2 -s -Wl,-e,DllMainCRTStartup -o "$dll" "$1/shim.c" -ladvapi32
}
