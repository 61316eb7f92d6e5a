// Node over TLS.
import fs from 'node:fs';
import https from 'node:https';

const [port, certificate, key] = process.argv.slice(2);
const letters = (count) => 'abcdefghijklmnopqrstuvwxyz'.repeat(count / 26 + 1).slice(0, count);

const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, (request, response) => {
  let received = 0;
  request.on('data', (piece) => { received += piece.length; });
  request.on('end', () => {
    const body = request.method === 'GET' ? letters(Number(request.url.split('/').pop())) : String(received);
    response.setHeader('Content-Length', body.length);
    response.end(body);
  });
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), '127.0.0.1');
