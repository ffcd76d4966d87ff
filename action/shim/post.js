'use strict';
// Post step of the action: ends what the main step left running and writes the final report.
// A program that cannot be started any more does not fail the job: all that the job asked for is done by now.

const { command, run } = require('./binary');

async function post(env) {
  if (env.STATE_binary) return run(env.STATE_binary, ['finish']);
  console.log('goproxy-setup: nothing to finish, the main step started nothing');
  return 0;
}

post(process.env).then(
  (code) => { process.exitCode = code; },
  (err) => command('warning', `not finished: ${err.message}`),
);
