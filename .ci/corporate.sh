# A company's network on 127.0.0.1, of real programs: forward proxies that want credentials (squid, with samba's NTLM),
# PAC scripts, a proxy that opens TLS (mitmproxy). Sourced by .ci/run.
#
# Through each, a cold `go mod download` of real modules from the module proxy that this machine's go has by default. go
# itself is told of no proxy; only goproxy-setup is, and the logs of the proxies have to show the traffic.

check_corporate() {
  [ "$(go env GOOS)" = linux ] || skip 'squid, samba and mitmproxy are set up on Linux only'
  [ "$(id -u)" = 0 ] || { echo 'SKIPPED: squid, winbind and mitmproxy are started by root only'; exit 77; }
  need squid squid
  need htpasswd apache2-utils
  need mitmdump mitmproxy
  need smbpasswd samba-common-bin samba
  need winbindd winbind
  need python3 python3
  corp=$scratch/corporate
  mkdir -p "$corp/www" "$corp/module"
  chmod 755 "$scratch" "$corp"
  corp_pids=''
  trap corp_down EXIT # of this check's own shell
  corp_up

  corp_case 'no credentials are needed'
  corp_download "http://127.0.0.1:$open"
  corp_served open
  corp_case 'Basic'
  corp_download "http://alice:s3cret@127.0.0.1:$basic"
  corp_served basic alice
  corp_case 'Basic, wrong password'
  corp_refused "http://alice:wr0ng@127.0.0.1:$basic" forward-proxy-auth 'offers Basic'
  corp_case 'Basic, no password'
  corp_refused "http://127.0.0.1:$basic" forward-proxy-auth 'offers Basic'
  if [ -n "${ntlm-}" ]; then
    corp_case 'NTLM'
    corp_download "http://CORPBOX%5Cproxy:s3cret@127.0.0.1:$ntlm"
    corp_served ntlm proxy
    corp_case 'NTLM, wrong password'
    corp_refused "http://CORPBOX%5Cproxy:wr0ng@127.0.0.1:$ntlm" forward-proxy-auth 'offers NTLM'
  fi
  corp_case 'PAC, the first proxy of the list is gone'
  corp_download "pac+http://127.0.0.1:$www/list.pac"
  corp_served open
  corp_case 'PAC that names a proxy with Basic, whose login HTTPS_PROXY has'
  corp_login=http://alice:s3cret@127.0.0.1:$basic corp_download "pac+http://127.0.0.1:$www/basic.pac"
  corp_served basic alice
  corp_case 'PAC in GBK'
  corp_download "pac+http://127.0.0.1:$www/gbk.pac"
  corp_served open
  corp_case 'PAC in UTF-16 with byte order mark'
  corp_download "pac+http://127.0.0.1:$www/utf16.pac"
  corp_served open
  corp_case 'PAC that loops for ever: its answer is given up, and said'
  corp_download "pac+http://127.0.0.1:$www/loop.pac" report
  corp_said 'no answer within 5s'
  corp_case 'PAC, its server is gone: passed over, and said'
  corp_download "pac+http://127.0.0.1:$gone/list.pac" report
  corp_said 'cannot be used'
  corp_case 'the proxy goes in mid-download, the next one of the list takes over'
  corp_lost
  corp_case 'TLS is opened by a proxy whose CA is unknown'
  corp_refused "http://127.0.0.1:$mitm" tls-untrusted mitmproxy
  corp_case 'TLS is opened by a proxy whose CA is given'
  GOPROXY_SETUP_CA_FILE=$corp/mitm/mitmproxy-ca-cert.pem corp_download "http://127.0.0.1:$mitm"
  grep -q 'GET https://.*\.zip' "$corp/mitm.log"
  corp_case 'the CA file is none'
  GOPROXY_SETUP_CA_FILE=$corp/mitm.log corp_refused "http://127.0.0.1:$mitm" 'ca-file' 'not in PEM form' 2
}

corp_up() {
  CGO_ENABLED=0 go build -o "$corp/goproxy-setup" ./cmd/goproxy-setup
  printf 'module m\n\ngo 1.25.0\n\nrequire (\n\tgolang.org/x/text v0.37.0\n\trsc.io/quote v1.5.2\n)\n' >"$corp/module/go.mod"
  corp_ports open basic first second mitm www gone
  corp_squids
  corp_scripts
  python3 -m http.server --bind 127.0.0.1 --directory "$corp/www" "$www" >"$corp/www.log" 2>&1 &
  corp_pids="$corp_pids $!"
  mitmdump --listen-host 127.0.0.1 -p "$mitm" --set confdir="$corp/mitm" --set flow_detail=1 >"$corp/mitm.log" 2>&1 &
  corp_pids="$corp_pids $!"
  corp_listening "$open" "$basic" "$first" "$second" "$www" "$mitm"
  corp_ntlm
}

# corp_ports NAME... sets each to a port that nothing listens on.
corp_ports() {
  local name
  for name in "$@"; do
    while :; do
      port=$((20000 + RANDOM % 10000))
      (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf -v "$name" %s "$port"
  done
}

# corp_listening PORT... waits until all are, for a minute.
corp_listening() {
  local port tries=0
  for port in "$@"; do
    until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
      tries=$((tries + 1))
      [ $tries -lt 300 ] || { echo "nothing listens on port $port" >&2; tail -n 5 "$corp"/*.log >&2; return 1; }
      sleep 0.2
    done
  done
}

# corp_squid NAME LINE... starts a squid with a log of its own.
corp_squid() {
  local name=$1 dir=$corp/squid-$1
  shift
  mkdir -p "$dir"
  {
    printf 'pid_filename %s/pid\ncache_log %s/cache.log\naccess_log stdio:%s/access.log\ncoredump_dir %s\n' "$dir" "$dir" "$dir" "$dir"
    printf 'cache deny all\ncache_effective_user proxy\nshutdown_lifetime 0 seconds\nvisible_hostname squid.corp.example\n'
    printf '%s\n' "$@"
  } >"$dir/conf"
  chown -R proxy "$dir"
  squid -f "$dir/conf" -n "corp$name$$" -N >"$dir/out" 2>&1 &
  corp_pid=$!
  corp_pids="$corp_pids $corp_pid"
}

corp_squids() {
  local signed=('acl authed proxy_auth REQUIRED' 'http_access deny !authed' 'http_access allow authed')
  local slow=('http_access allow all' 'delay_pools 1' 'delay_class 1 1' 'delay_access 1 allow all' 'delay_parameters 1 1500000/300000')
  corp_squid open "http_port 127.0.0.1:$open" 'http_access allow all'
  corp_squid first "http_port 127.0.0.1:$first" "${slow[@]}"
  first_pid=$corp_pid
  corp_squid second "http_port 127.0.0.1:$second" 'http_access allow all'
  htpasswd -bc "$corp/passwords" alice s3cret 2>/dev/null
  chmod 644 "$corp/passwords"
  corp_squid basic "http_port 127.0.0.1:$basic" \
    "auth_param basic program /usr/lib/squid/basic_ncsa_auth $corp/passwords" 'auth_param basic realm corp' "${signed[@]}"
}

# corp_ntlm is samba's winbind as a directory of one user, proxy, whom squid's package brings. The socket of winbind has
# one place on a machine, so there is no second one.
corp_ntlm() {
  local dir=$corp/winbind sub
  if [ -e /run/samba/winbindd/pipe ]; then
    echo 'SKIPPED: NTLM, for a winbindd of this machine runs already'
    return
  fi
  for sub in private lock state cache pid ncalrpc; do mkdir -p "$dir/$sub"; done
  mkdir -p /run/samba
  {
    printf '[global]\nworkgroup = CORP\nnetbios name = CORPBOX\nserver role = standalone server\nsecurity = user\n'
    printf 'private dir = %s/private\nlock directory = %s/lock\nstate directory = %s/state\n' "$dir" "$dir" "$dir"
    printf 'cache directory = %s/cache\npid directory = %s/pid\n' "$dir" "$dir"
    printf 'ncalrpc dir = %s\nlog file = %s/log.%%m\nlog level = 2\ninterfaces = lo\nbind interfaces only = yes\n' "$dir/ncalrpc" "$dir"
    printf 'idmap config * : backend = tdb\nidmap config * : range = 3000-7999\n'
  } >"$dir/smb.conf"
  (echo s3cret; echo s3cret) | smbpasswd -c "$dir/smb.conf" -s -a proxy >"$dir/smbpasswd.log" 2>&1
  winbindd -s "$dir/smb.conf" -F --no-process-group >"$dir/log.winbindd" 2>&1 &
  corp_pids="$corp_pids $!"
  local tries=0
  until [ -e /run/samba/winbindd/pipe ] && [ -d "$dir/state/winbindd_privileged" ]; do
    tries=$((tries + 1))
    [ $tries -lt 150 ] || { cat "$dir/log.winbindd" >&2; return 1; }
    sleep 0.2
  done
  chgrp -R proxy "$dir/state/winbindd_privileged"
  chmod 755 "$dir" "$dir/state"
  corp_ports ntlm
  corp_squid ntlm "http_port 127.0.0.1:$ntlm" \
    "auth_param ntlm program /usr/bin/ntlm_auth --configfile=$dir/smb.conf --helper-protocol=squid-2.5-ntlmssp --domain=CORPBOX" \
    'auth_param ntlm children 3' 'auth_param ntlm keep_alive on' \
    'acl authed proxy_auth REQUIRED' 'http_access deny !authed' 'http_access allow authed'
  corp_listening "$ntlm"
}

corp_scripts() {
  local find='function FindProxyForURL(url, host)'
  printf '%s { return "PROXY 127.0.0.1:%s; PROXY 127.0.0.1:%s"; }\n' "$find" "$gone" "$open" >"$corp/www/list.pac"
  printf '%s { return "PROXY 127.0.0.1:%s; PROXY 127.0.0.1:%s"; }\n' "$find" "$first" "$second" >"$corp/www/lost.pac"
  printf '%s { return "PROXY 127.0.0.1:%s"; }\n' "$find" "$basic" >"$corp/www/basic.pac"
  printf '%s { while (true); }\n' "$find" >"$corp/www/loop.pac"
  printf '// 内网直连，其余走代理\n%s { return "内网" == "\\u5185\\u7f51" ? "PROXY 127.0.0.1:%s" : "PROXY 127.0.0.1:%s"; }\n' \
    "$find" "$open" "$gone" >"$corp/utf8.pac"
  iconv -f UTF-8 -t GBK "$corp/utf8.pac" >"$corp/www/gbk.pac"
  { printf '\377\376' && iconv -f UTF-8 -t UTF-16LE "$corp/utf8.pac"; } >"$corp/www/utf16.pac"
}

corp_case() { echo "$1"; }

# corp_go SETTING [report] runs a cold go mod download behind goproxy-setup. What it says is in $corp/said; with
# report, goproxy-setup runs go itself, for it reports only then what went well.
corp_go() {
  local code=0
  rm -rf "$corp/modcache" "$corp/report"
  (
    cd "$corp/module"
    unset HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy GOPROXY
    export GOENV=off GOFLAGS='-modcacherw -mod=mod' GOMODCACHE="$corp/modcache" GOPROXY_SETUP_PROXIES=default GOPROXY_SETUP_FORWARD_PROXY="$1"
    [ -z "${corp_login-}" ] || export HTTPS_PROXY="$corp_login"
    [ "${2-}" != report ] || exec timeout -k 5 120 "$corp/goproxy-setup" download -report "json=$corp/report"
    exec timeout -k 5 120 "$corp/goproxy-setup" run -- go mod download all
  ) >"$corp/said" 2>&1 || code=$?
  cat "$corp/report" >>"$corp/said" 2>/dev/null || :
  return $code
}

# corp_download SETTING [report] must succeed.
corp_download() {
  corp_go "$@" || { corp_tell; return 1; }
  [ -e "$corp/modcache/cache/download/golang.org/x/text/@v/v0.37.0.zip" ] || { corp_tell; return 1; }
}

# corp_refused SETTING CLASS TEXT [CODE] must fail, and say so without the password.
corp_refused() {
  local code=0
  corp_go "$1" || code=$?
  [ $code = "${4-1}" ] && corp_said "$2" && corp_said "$3" || { echo "exit code $code" >&2; corp_tell; return 1; }
  ! grep -e wr0ng -e s3cret "$corp/said" >&2
}

# corp_said TEXT, wherever lines are broken.
corp_said() {
  tr -s ' \n|' ' ' <"$corp/said" | grep -qF -- "$1" || { echo "it does not say $1" >&2; corp_tell; return 1; }
}

# corp_tell prints what was said but for the host that this machine's go is configured to ask.
corp_tell() {
  sed "s#$(GOENV=off go env GOPROXY | sed 's#^[^/]*//##; s#[/,|].*##')#UPSTREAM#g" "$corp/said" >&2
}

# corp_served SQUID [USER] asks its log for what the modules weigh. A squid writes a line when a tunnel ends.
corp_served() {
  local bytes=0 tries=0
  while [ "$bytes" -lt 8000000 ]; do
    bytes=$(awk -v user="${2--}" '$4 ~ /^TCP_TUNNEL\/200/ && tolower($8) ~ user {n += $5} END {print n + 0}' "$corp/squid-$1/access.log")
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "squid $1 served $bytes bytes" >&2; corp_tell; return 1; }
    sleep 0.1
  done
  : >"$corp/squid-$1/access.log"
}

# corp_lost kills the proxy that is slow when modules have begun to come.
corp_lost() {
  (
    until [ -n "$(find "$corp/modcache" -name '*.info' -o -name '*.mod' 2>/dev/null | head -n 1)" ]; do sleep 0.05; done
    kill -KILL "$first_pid"
  ) &
  local killer=$!
  corp_download "pac+http://127.0.0.1:$www/lost.pac" || { kill $killer 2>/dev/null; return 1; }
  wait $killer || { echo 'the download was over before the proxy could be ended' >&2; return 1; }
  corp_served second
}

corp_down() {
  # shellcheck disable=SC2086 # a word per pid
  kill $corp_pids 2>/dev/null || :
  wait
}
