'use strict';
// The Go program behind the action: where it is, and how it is run.
//
// A release carries one binary per platform in dist/, so that a step whose purpose is a broken network needs none.
// A source checkout has no dist/ and builds the program instead. Plain CommonJS without dependencies for node 16 and
// newer: other runners of actions take whatever node the job image has.

const { spawn } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');

// How long a binary may be held by somebody else, in practice a virus scanner that looks at a fresh .exe.
const PATIENCE_MS = 5000;

// distName is the file in dist/ for a platform as node names it. Node's names stand where Go has the same.
function distName(platform, arch) {
  const goos = { win32: 'windows' }[platform] || platform;
  const goarch = { x64: 'amd64', ia32: '386' }[arch] || arch;
  return `goproxy-setup_${goos}_${goarch}${exe(platform)}`;
}

function exe(platform) {
  return platform === 'win32' ? '.exe' : '';
}

// locate returns the path of a program that may be run: the one in root/dist, or one built from the source in root.
async function locate(root, env) {
  const dist = path.join(root, 'dist');
  return fs.existsSync(dist) ? verified(dist, distName(process.platform, process.arch)) : build(root, env);
}

// verified returns the path of name in dist after comparing it with dist/checksums.txt. The table guards against
// damage (a Git LFS pointer, a half checkout, a virus scanner), not against somebody who can move the tag.
function verified(dist, name) {
  const file = path.join(dist, name);
  if (!fs.existsSync(file)) {
    const have = fs.readdirSync(dist).filter((f) => f.startsWith('goproxy-setup_')).join(', ') || 'no binaries';
    throw new Error(`no binary for this platform: dist has no ${name}, it has ${have}`);
  }
  const want = checksums(path.join(dist, 'checksums.txt')).get(name);
  if (!want) throw new Error(`not run: dist/checksums.txt has no line for ${name}`);
  const got = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  if (got !== want) {
    throw new Error(`not run: sha256 of dist/${name} is ${got}, dist/checksums.txt says ${want}; ` +
      'the checkout of the action is damaged (Git LFS pointer? virus scanner?)');
  }
  try {
    fs.accessSync(file, fs.constants.X_OK);
  } catch {
    fs.chmodSync(file, 0o755); // zips and commits made on Windows lose the mode
  }
  return file;
}

// checksums reads the output of sha256sum into a map from exact file name to digest.
function checksums(file) {
  if (!fs.existsSync(file)) throw new Error('not run: dist has no checksums.txt');
  const rows = fs.readFileSync(file, 'utf8').matchAll(/^([0-9a-f]{64}) [ *](\S+)\r?$/gm);
  return new Map(Array.from(rows, ([, sum, name]) => [name, sum]));
}

// build compiles the program from the source in root into the job's temporary folder and returns its path. The job's
// own target platform and build flags are not ours, its module proxy and toolchain settings are.
async function build(root, env) {
  if (!fs.existsSync(path.join(root, 'go.mod'))) {
    throw new Error(`the checkout of the action is incomplete: ${root} has neither dist nor go.mod`);
  }
  const dir = fs.mkdtempSync(path.join(env.RUNNER_TEMP || os.tmpdir(), 'goproxy-setup-'));
  const file = path.join(dir, `goproxy-setup${exe(process.platform)}`);
  const clean = { ...env, CGO_ENABLED: '0', GOWORK: 'off' };
  delete clean.GOOS;
  delete clean.GOARCH;
  clean.GOFLAGS = '-trimpath'; // not empty: that would bring back the GOFLAGS of `go env -w`
  console.log('goproxy-setup: no dist folder, building from source with go build');
  const args = ['build', '-trimpath', '-buildvcs=false', '-o', file, './cmd/goproxy-setup'];
  const code = await run('go', args, { cwd: root, env: clean }).catch((err) => {
    if (err.code !== 'ENOENT') throw err;
    throw new Error('go is not on PATH, and a source checkout of this action has to be built; ' +
      'put actions/setup-go before this step or use a release of the action');
  });
  if (code !== 0) throw new Error(`go build of the action ended with exit code ${code}`);
  return file;
}

// run starts a program without a shell, hands signals on to it and resolves to its exit code, 128+n after signal n.
// While the file is busy it tries again.
async function run(file, args, options = {}) {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      return await runOnce(file, args, options);
    } catch (err) {
      if (err.code === 'EACCES') err.message += '; its file system may forbid programs (mount option noexec)';
      if (!['EBUSY', 'EPERM', 'ETXTBSY'].includes(err.code) || Date.now() > deadline) throw err;
      console.log(`goproxy-setup: ${file} is busy (${err.code}), trying again`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function runOnce(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options });
    // The runner signals node alone; on Windows the whole console hears Ctrl-C, and kill would end the child at once.
    const forward = (signal) => process.platform === 'win32' || child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'].concat(process.platform === 'win32' ? ['SIGBREAK'] : []);
    const done = (settle, value) => {
      signals.forEach((signal) => process.removeListener(signal, forward));
      settle(value);
    };
    signals.forEach((signal) => process.on(signal, forward));
    child.on('error', (err) => done(reject, err));
    child.on('exit', (code, signal) => done(resolve, signal ? 128 + os.constants.signals[signal] : code));
  });
}

// command writes a workflow command: error or warning, with text that cannot end it early.
function command(name, text) {
  const escaped = text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  console.log(`::${name} title=goproxy-setup::${escaped}`);
}

module.exports = { command, distName, locate, run };
