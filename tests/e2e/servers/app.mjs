// node app.mjs PORT [CERTIFICATE KEY]
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const letters = (n) => 'abcdefghijklmnopqrstuvwxyz'.repeat(n / 26 + 1).slice(0, n);

const [port, certificate, key] = process.argv.slice(2);

function answer(request, response) {
  const [, name, count] = request.url.split('/');
  const body = letters(Number(count ?? 0));
  if (name === 'bytes') {
    response.setHeader('Content-Length', body.length);
    response.end(body);
  } else if (name === 'chunked') {
    for (let at = 0; at < body.length; at += 10000) response.write(body.slice(at, at + 10000));
    response.end();
  } else if (name === 'cached') {
    response.setHeader('ETag', '"v1"').setHeader('Cache-Control', 'max-age=60');
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
    else response.end('cached');
  } else if (name === 'upload') {
    let bytes = 0;
    request.on('data', (piece) => (bytes += piece.length));
    request.on('end', () => response.end(String(bytes)));
  } else {
    response.writeHead(404).end();
  }
}

const server = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, answer)
  : http.createServer(answer);
server.keepAliveTimeout = 60000;
server.listen(Number(port), '127.0.0.1');
