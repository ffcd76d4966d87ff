'use strict';
// Main step of the action: finds the program, tells the post step where it is, and runs it.
// Inputs reach the program as INPUT_* variables.

const fs = require('fs');
const path = require('path');
const { command, locate, run } = require('./binary');

async function main(env) {
  const binary = await locate(path.resolve(__dirname, '..', '..'), env);
  if (env.GITHUB_STATE) fs.appendFileSync(env.GITHUB_STATE, `binary=${binary}\n`);
  return run(binary, ['action']);
}

main(process.env).then(
  (code) => { process.exitCode = code; },
  (err) => {
    command('error', err.message);
    process.exitCode = 1;
  },
);
