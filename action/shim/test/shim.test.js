'use strict';
// Runs main.js and post.js as the runner does, from a copy of the action whose dist/ or go command is a stand-in.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { distName } = require('../binary');

const WINDOWS = process.platform === 'win32';
const NAME = distName(process.platform, process.arch);

// action makes a copy of the action in a temporary folder. programs maps the program's subcommand to JavaScript that
// stands for it; without programs there is no dist/.
function action(t, programs) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'shim test ')); // a path with blanks, as on many machines
  t.after(() => fs.rmSync(root, { recursive: true, force: true, maxRetries: 10 }));
  const shim = path.join(root, 'action', 'shim');
  for (const dir of ['work', 'temp', 'bin', 'dist', shim]) fs.mkdirSync(path.resolve(root, dir), { recursive: true });
  for (const file of ['main.js', 'post.js', 'binary.js']) {
    fs.copyFileSync(path.join(__dirname, '..', file), path.join(shim, file));
  }
  const a = { root, dist: path.join(root, 'dist'), bin: path.join(root, 'bin'), state: path.join(root, 'state') };
  if (!programs) {
    fs.rmdirSync(a.dist);
    return a;
  }
  for (const [name, script] of Object.entries(programs)) fs.writeFileSync(path.join(root, 'work', name), script);
  fakeBinary(path.join(a.dist, NAME));
  sums(a);
  return a;
}

// fakeBinary makes a program that runs its first argument, a script in the working directory. It is no shell script,
// since shells drop variables whose names have hyphens, as INPUT_PROBE-TIMEOUT.
function fakeBinary(file) {
  if (WINDOWS) return fs.copyFileSync(process.execPath, file);
  const script = `#!${process.execPath}\nrequire(require('path').resolve(process.argv[2]));\n`;
  return fs.writeFileSync(file, script, { mode: 0o755 });
}

function sums(a, file = path.join(a.dist, NAME), name = NAME) {
  const sum = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  fs.writeFileSync(path.join(a.dist, 'checksums.txt'), `${'0'.repeat(64)}  other\n${sum}  ${name}\n`);
}

// step starts an entry and resolves to its exit code and output. onLine sees each line as it comes.
function step(a, entry, { env = {}, onLine = () => {} } = {}) {
  const child = spawn(process.execPath, [path.join(a.root, 'action', 'shim', entry)], {
    cwd: path.join(a.root, 'work'),
    env: { ...process.env, GITHUB_STATE: a.state, RUNNER_TEMP: path.join(a.root, 'temp'), PATH: a.bin, ...env },
  });
  let out = '';
  const take = (chunk) => {
    out += chunk;
    String(chunk).split('\n').forEach((line) => onLine(line.trim(), child));
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out })));
}

// state is what the runner hands from main to post.
function state(a) {
  const lines = fs.existsSync(a.state) ? fs.readFileSync(a.state, 'utf8').split('\n').filter(Boolean) : [];
  return Object.fromEntries(lines.map((line) => [`STATE_${line.split('=')[0]}`, line.slice(line.indexOf('=') + 1)]));
}

test('platforms are named as Go names them', () => {
  assert.equal(distName('linux', 'x64'), 'goproxy-setup_linux_amd64');
  assert.equal(distName('linux', 'arm64'), 'goproxy-setup_linux_arm64');
  assert.equal(distName('darwin', 'arm64'), 'goproxy-setup_darwin_arm64');
  assert.equal(distName('win32', 'x64'), 'goproxy-setup_windows_amd64.exe');
  assert.equal(distName('win32', 'arm64'), 'goproxy-setup_windows_arm64.exe');
});

test('main runs the action subcommand with its inputs, post runs finish', async (t) => {
  const a = action(t, {
    action: 'console.log(`action ${process.env["INPUT_PROBE-TIMEOUT"]}`)',
    finish: 'console.log("finish")',
  });
  const main = await step(a, 'main.js', { env: { 'INPUT_PROBE-TIMEOUT': '2s' } });
  assert.deepEqual(main, { code: 0, signal: null, out: 'action 2s\n' });
  const post = await step(a, 'post.js', { env: state(a) });
  assert.deepEqual(post, { code: 0, signal: null, out: 'finish\n' });
});

test('the exit code is passed on by main and by post', async (t) => {
  const a = action(t, { action: 'process.exit(3)', finish: 'process.exit(4)' });
  assert.equal((await step(a, 'main.js')).code, 3);
  assert.equal((await step(a, 'post.js', { env: state(a) })).code, 4);
});

test('a child ended by a signal gives 128 plus its number', { skip: WINDOWS && 'no signals on Windows' }, async (t) => {
  const a = action(t, { action: 'process.kill(process.pid, "SIGKILL")' });
  assert.equal((await step(a, 'main.js')).code, 137);
});

for (const [signal, code] of [['SIGINT', 7], ['SIGTERM', 8]]) {
  test(`${signal} reaches the child, whose exit code counts`, { skip: WINDOWS && 'no signals on Windows' }, async (t) => {
    const a = action(t, {
      action: `process.on('${signal}', () => process.exit(${code})); setInterval(() => {}, 1000); console.log('ready')`,
    });
    const onLine = (line, child) => line === 'ready' && child.kill(signal);
    assert.equal((await step(a, 'main.js', { onLine })).code, code);
  });
}

test('a wrong checksum is an error and nothing runs', async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  fs.appendFileSync(path.join(a.dist, NAME), '\n');
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, /^::error title=goproxy-setup::not run: sha256 of dist\/goproxy-setup_\S+ is [0-9a-f]{64}, dist\/checksums.txt says/);
  assert.doesNotMatch(out, /I ran/);
  assert.deepEqual(state(a), {});
});

test('the checksum of a file whose name only begins the same does not count', async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  sums(a, path.join(a.dist, NAME), `${NAME}.old`);
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, /checksums.txt has no line for goproxy-setup_/);
  assert.doesNotMatch(out, /I ran/);
});

test('a dist folder without checksums runs nothing', async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  fs.rmSync(path.join(a.dist, 'checksums.txt'));
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, /dist has no checksums.txt/);
  assert.doesNotMatch(out, /I ran/);
});

test('checksums with CRLF are read', async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  const file = path.join(a.dist, 'checksums.txt');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/\n/g, '\r\n'));
  assert.match((await step(a, 'main.js')).out, /I ran/);
});

test('a platform without a binary is told what there is', async (t) => {
  const a = action(t, {});
  fs.renameSync(path.join(a.dist, NAME), path.join(a.dist, 'goproxy-setup_plan9_mips'));
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, new RegExp(`no binary for this platform: dist has no ${NAME}, it has goproxy-setup_plan9_mips`));
});

test('a binary that lost its mode is made executable', { skip: WINDOWS && 'no modes on Windows' }, async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  fs.chmodSync(path.join(a.dist, NAME), 0o644);
  assert.match((await step(a, 'main.js')).out, /I ran/);
});

test('a busy binary is tried again', async (t) => {
  const a = action(t, { action: 'console.log("I ran")' });
  const binary = path.join(a.dist, NAME);
  let held = fs.openSync(binary, 'r+');
  if (spawnSync(binary, ['action']).error?.code !== 'ETXTBSY') {
    fs.closeSync(held); // only some kernels of Linux refuse
    t.skip('this system runs a file that is open for writing');
    return;
  }
  const onLine = (line) => {
    if (!held || !/is busy/.test(line)) return;
    fs.closeSync(held);
    held = 0;
  };
  const { code, out } = await step(a, 'main.js', { onLine });
  assert.equal(code, 0);
  assert.match(out, /is busy \(ETXTBSY\), trying again\nI ran/);
});

test('a source checkout without go says what to do', async (t) => {
  const a = action(t);
  fs.writeFileSync(path.join(a.root, 'go.mod'), 'module example.com/m\n');
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, /::error title=goproxy-setup::go is not on PATH.*actions\/setup-go/);
});

test('a checkout with neither dist nor source is called incomplete', async (t) => {
  const { code, out } = await step(action(t), 'main.js');
  assert.equal(code, 1);
  assert.match(out, /checkout of the action is incomplete/);
});

test('a source checkout is built once, for this machine', { skip: WINDOWS && 'the go stand-in is a script' }, async (t) => {
  const a = action(t);
  fs.writeFileSync(path.join(a.root, 'go.mod'), 'module example.com/m\n');
  fs.writeFileSync(path.join(a.bin, 'go'), `#!/bin/sh
echo "go $* in $PWD: CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS GOOS=$GOOS GOPROXY=$GOPROXY GOTOOLCHAIN=$GOTOOLCHAIN"
printf '#!/bin/sh\\necho "ran $*"\\n' > "$5"; /bin/chmod 755 "$5"
`, { mode: 0o755 });
  const env = { GOFLAGS: '-mod=vendor', GOOS: 'js', GOPROXY: 'https://proxy.example.com', GOTOOLCHAIN: 'local' };
  const main = await step(a, 'main.js', { env });
  assert.equal(main.code, 0, main.out);
  assert.match(main.out, /go build -trimpath -buildvcs=false -o \S.*goproxy-setup \.\/cmd\/goproxy-setup in /);
  assert.match(main.out, /CGO_ENABLED=0 GOFLAGS=-trimpath GOOS= GOPROXY=https:\/\/proxy.example.com GOTOOLCHAIN=local\n/);
  assert.match(main.out, /ran action\n$/);
  assert.equal(path.dirname(path.dirname(state(a).STATE_binary)), path.join(a.root, 'temp'), 'not in RUNNER_TEMP');
  const post = await step(a, 'post.js', { env: { ...env, ...state(a) } });
  assert.deepEqual(post, { code: 0, signal: null, out: 'ran finish\n' });
});

test('a build that fails ends the step', { skip: WINDOWS && 'the go stand-in is a script' }, async (t) => {
  const a = action(t);
  fs.writeFileSync(path.join(a.root, 'go.mod'), 'module example.com/m\n');
  fs.writeFileSync(path.join(a.bin, 'go'), '#!/bin/sh\necho "no such package" >&2\nexit 2\n', { mode: 0o755 });
  const { code, out } = await step(a, 'main.js');
  assert.equal(code, 1);
  assert.match(out, /no such package\n::error title=goproxy-setup::go build of the action ended with exit code 2/);
});

test('post has nothing to do when main started nothing', async (t) => {
  const { code, out } = await step(action(t, {}), 'post.js');
  assert.equal(code, 0);
  assert.match(out, /nothing to finish/);
});

test('post warns, and does not fail, when the program is gone', async (t) => {
  const a = action(t, {});
  const { code, out } = await step(a, 'post.js', { env: { STATE_binary: path.join(a.root, 'gone') } });
  assert.equal(code, 0);
  assert.match(out, /^::warning title=goproxy-setup::not finished: .*ENOENT/);
});
