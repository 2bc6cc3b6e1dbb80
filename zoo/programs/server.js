// SPDX-License-Identifier: Apache-2.0
// server.js PORT BLOCKED_MS: an HTTP server whose event loop stands still for so long in each request.
const http = require('http');
const [port, blocked] = process.argv.slice(2).map(Number);
const never = new Int32Array(new SharedArrayBuffer(4));

http.createServer((request, response) => {
  if (blocked) Atomics.wait(never, 0, 0, blocked);
  response.setHeader('Connection', 'close');
  response.end('ok');
}).listen({ port });
