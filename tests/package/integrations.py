"""What is in integrations/ and packaging/, run as its tool would run it: integrations.py SOURCE PROGRAM WORK

The steps of the GitHub action and of the GitLab component against a real server; the loop of the Kubernetes recorder
beside an API server of this test; the systemd unit through systemd-analyze.
"""
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

import yaml

source, program, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])


def check(truth, what):
    if not truth:
        sys.exit(f'integrations: {what}')


class Pages(http.server.BaseHTTPRequestHandler):
    """Responds with what `content` is now."""
    content = {'name': 'cleo'}

    def do_GET(self):
        body = json.dumps(Pages.content).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'127.0.0.1:{server.server_port}'


def make_recording(db, address):
    """A recording of one exchange, without a kernel."""
    with __import__('urllib.request').request.urlopen(f'http://{address}/') as response:
        headers = [{'name': name, 'value': value} for name, value in response.getheaders()]
        text = response.read().decode()
    entry = {
        'startedDateTime': '2026-03-01T12:00:00Z',
        'request': {'method': 'GET', 'url': 'http://shop/', 'httpVersion': 'HTTP/1.1', 'headers': []},
        'response': {'status': 200, 'statusText': 'OK', 'httpVersion': 'HTTP/1.0', 'headers': headers,
                     'content': {'size': len(text), 'text': text}},
    }
    har = work / 'one.har'
    har.write_text(json.dumps({'log': {'version': '1.2', 'entries': [entry]}}))
    subprocess.run([program, '--db', db, 'import', 'har', har], check=True, stdout=subprocess.DEVNULL)


def environment(more):
    return {**os.environ, 'PATH': f'{work}/bin:{os.environ["PATH"]}', **more}


def run_bash(script, folder, more):
    folder.mkdir()
    return subprocess.run(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script], cwd=folder,
                          env=environment(more), capture_output=True, text=True, timeout=120, check=False)


def test_github(address):
    action = yaml.safe_load((source / 'integrations/github/action.yml').read_text())
    step = next(step for step in action['runs']['steps'] if step.get('id') == 'replay')
    check('${{' not in step['run'], 'the script of the action contains an input')

    def run(name, recording, target, options=None):
        folder = work / name
        inputs = {key: str(value.get('default', '')) for key, value in action['inputs'].items()}
        inputs.update({'recording': recording, 'target': target})
        if options is not None:
            inputs['options'] = options
        values = {key: re.sub(r'\$\{\{ inputs\.(\w+) \}\}', lambda found: inputs[found[1]], text)
                  for key, text in step['env'].items()}
        done = run_bash(step['run'], folder, {**values, 'GITHUB_OUTPUT': str(folder / 'output'),
                                              'GITHUB_STEP_SUMMARY': str(folder / 'summary')})
        return done, folder

    db = str(work / 'shop.db')
    done, folder = run('passes', db, address)
    check(done.returncode == 0, f'the action: {done.stdout}{done.stderr}')
    check((folder / 'output').read_text() == 'result=passed\n', 'no result of the action')
    check('tracerec' in (folder / 'summary').read_text().lower(), 'no summary')
    for report in ('junit.xml', 'report.html', 'report.json'):
        check((folder / 'tracerec-report' / report).stat().st_size > 0, f'no {report}')
    Pages.content = {'name': 'anna'}
    done, folder = run('fails', db, address)
    check(done.returncode == 1 and (folder / 'output').read_text() == 'result=failed\n', 'the gate did not fail')
    check('::error' in done.stdout, f'no annotation: {done.stdout}')
    Pages.content = {'name': 'cleo'}
    done, folder = run('nobody', db, '127.0.0.1:1', '')
    check(done.returncode == 2 and (folder / 'output').read_text() == 'result=error\n', 'an error is no result')
    done, folder = run('hostile', '$(touch pwned)"; touch pwned; #', address, '--speed max `touch pwned` "$(touch pwned)"')
    check(done.returncode == 2 and not list(folder.glob('**/pwned')), 'an input was run')


def test_gitlab(address):
    text = (source / 'integrations/gitlab/tracerec.yml').read_text()
    inputs = {key: (value or {}).get('default', '') for key, value in
              next(yaml.safe_load_all(text))['spec']['inputs'].items()}
    inputs.update({'recording': str(work / 'shop.db'), 'target': address})
    filled = re.sub(r'\$\[\[ inputs\.([\w-]+) \]\]', lambda found: inputs[found[1]], text)
    job = list(yaml.safe_load_all(filled))[1]['tracerec']
    done = run_bash('\n'.join(job['script']), work / 'gitlab', job['variables'])
    check(done.returncode == 0, f'the component: {done.stdout}{done.stderr}')
    for path in job['artifacts']['paths'] + [job['artifacts']['reports']['junit']]:
        check((work / 'gitlab' / path).exists(), f'no {path}')
    Pages.content = {'name': 'anna'}
    done = run_bash('\n'.join(job['script']), work / 'gitlab2', job['variables'])
    check(done.returncode == 1, f'the component hides the exit code: {done.returncode}')
    Pages.content = {'name': 'cleo'}


class ApiServer(http.server.BaseHTTPRequestHandler):
    """What record-pods asks of Kubernetes."""
    pods = []
    asked = []

    def do_GET(self):
        ApiServer.asked.append((self.path, self.headers.get('Authorization')))
        body = json.dumps({'items': ApiServer.pods}).encode()
        self.send_response(200 if ApiServer.pods is not None else 500)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pod(name, uid, phase='Running'):
    return {'metadata': {'namespace': 'shop', 'name': name, 'uid': uid}, 'status': {'phase': phase}}


def wait_for(is_so, what):
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    sys.exit(f'integrations: {what}')


def test_kubernetes():
    folder = work / 'pods'
    folder.mkdir()
    log = folder / 'log'
    log.touch()
    stub = folder / 'tracerec'  # notes how it is called, and waits for its end
    stub.write_text(f'#!/bin/bash\necho "start $*" >>{log}\n'
                    f'trap \'echo "end $*" >>{log}; exit 0\' TERM\nwhile true; do sleep 0.05; done\n')
    stub.chmod(0o755)
    (folder / 'token').write_text('secret-token')
    (folder / 'ca').touch()
    ApiServer.pods = [pod('web-1', 'uid-1'), pod('web-2', 'uid-2', 'Pending'), pod('../evil', 'uid-3')]
    loop = subprocess.Popen(
        [source / 'packaging/kubernetes/record-pods', 'app=web', folder / 'data', '--max-size=1GiB'],
        stderr=subprocess.PIPE, text=True,
        env={**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', 'NODE_NAME': 'node-1', 'INTERVAL': '0.1',
             'API_SERVER': f'http://{serve(ApiServer)}', 'TOKEN_FILE': str(folder / 'token'),
             'CA_FILE': str(folder / 'ca')})
    first = f'--db {folder}/data/shop_web-1_uid-1.db record --cgroup uid-1 --max-size=1GiB'
    wait_for(lambda: f'start {first}\n' in log.read_text(), 'no recorder of the pod')
    path, authorization = ApiServer.asked[0]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    check(query == {'labelSelector': ['app=web'], 'fieldSelector': ['spec.nodeName=node-1']}, f'asked {path}')
    check(authorization == 'Bearer secret-token', 'not its token')
    ApiServer.pods = None  # the API server is away: nothing changes
    asked = len(ApiServer.asked)
    wait_for(lambda: len(ApiServer.asked) > asked + 3, 'it stopped asking')
    check('end' not in log.read_text(), 'a recorder was ended because nobody could be asked')
    ApiServer.pods = [pod('web-2', 'uid-2')]
    wait_for(lambda: f'end {first}\n' in log.read_text(), 'the recorder of a pod that is gone goes on')
    wait_for(lambda: 'start' in log.read_text() and 'uid-2' in log.read_text(), 'no recorder of the second pod')
    loop.send_signal(signal.SIGTERM)
    _, said = loop.communicate(timeout=60)
    check(loop.returncode == 0, f'record-pods ended with {loop.returncode}: {said}')
    lines = log.read_text().splitlines()
    check(len([line for line in lines if line.startswith('start')]) == 2, f'started once each: {lines}')
    check(len([line for line in lines if line.startswith('end')]) == 2, f'ended in order: {lines}')
    check('evil' not in log.read_text(), 'a name with a path was used')


def test_manifests():
    documents = list(yaml.safe_load_all((source / 'packaging/kubernetes/record.yaml').read_text()))
    daemon = next(document for document in documents if document['kind'] == 'DaemonSet')
    container = daemon['spec']['template']['spec']['containers'][0]
    unit = (source / 'packaging/tracerec@.service').read_text()
    allowed = re.search(r'^CapabilityBoundingSet=(.*)$', unit, re.M)[1].split()
    check([f'CAP_{name}' for name in container['securityContext']['capabilities']['add']] == allowed,
          'the unit and the DaemonSet differ in capabilities')
    check(next(yaml.safe_load_all((source / 'packaging/kubernetes/replay.yaml').read_text()))['kind'] == 'Job', 'no Job')


def test_unit():
    """Every setting is known, and little is left open."""
    if not shutil.which('systemd-analyze'):
        check('CI' not in os.environ, 'no systemd-analyze: scripts/packages.sh names it')
        print('integrations: the systemd unit was not checked: there is no systemd-analyze')
        return
    text = (source / 'packaging/tracerec@.service').read_text().replace('/usr/bin/tracerec', str(program))
    unit = work / 'tracerec@shop.service'
    unit.write_text(text.replace('%i', 'shop'))
    done = subprocess.run(['systemd-analyze', 'verify', '--man=no', unit], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if 'tracerec' in line and 'shop.service' not in line.split(':')[0]]
    check(not [line for line in done.stderr.splitlines() if 'Unknown' in line or 'Failed to parse' in line],
          f'systemd-analyze verify: {done.stderr} {complaints}')
    done = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--threshold=45', unit],
                          capture_output=True, text=True, check=False)
    check(done.returncode == 0, f'systemd-analyze security: {done.stdout}{done.stderr}')


shutil.rmtree(work, ignore_errors=True)
(work / 'bin').mkdir(parents=True)
(work / 'bin/tracerec').symlink_to(program)
server = serve(functools.partial(Pages))
make_recording(work / 'shop.db', server)
test_github(server)
test_gitlab(server)
test_kubernetes()
test_manifests()
test_unit()
