"""Whether an SBOM says what lies in a folder: check_sbom.py FOLDER SBOM"""
import hashlib
import json
import pathlib
import subprocess
import sys

folder, sbom = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
wrong = []
for name in ('spdxVersion', 'dataLicense', 'SPDXID', 'name', 'documentNamespace', 'creationInfo'):
    if not sbom.get(name):
        wrong.append(f'no {name} (SPDX 2.3, clause 6)')
listed = {file['fileName']: {sum['algorithm']: sum['checksumValue'] for sum in file['checksums']} for file in sbom['files']}
for path in folder.rglob('*'):
    name = f'./{path.relative_to(folder)}'
    if not path.is_file() or path.name == 'sbom.spdx.json':
        continue
    if listed.pop(name, {}).get('SHA256') != hashlib.sha256(path.read_bytes()).hexdigest():
        wrong.append(f'{name} is not what the SBOM says')
wrong += [f'{name} is not there' for name in listed]
packages = {package['name'] for package in sbom['packages']}
for library in (folder / 'lib/tracerec').iterdir():
    found = subprocess.run(['dpkg-query', '--search', f'*/{library.name}'], capture_output=True, text=True, check=False)
    if not packages & {line.split(':')[0] for line in found.stdout.splitlines()}:
        wrong.append(f'no package for {library.name}')
identifiers = [part['SPDXID'] for part in [*sbom['packages'], *sbom['files']]] + ['SPDXRef-DOCUMENT']
if len(set(identifiers)) != len(identifiers):
    wrong.append('an identifier is there twice')
for relationship in sbom['relationships']:
    for end in ('spdxElementId', 'relatedSpdxElement'):
        if relationship[end] not in identifiers:
            wrong.append(f'{relationship[end]} is nothing')
print(*wrong, sep='\n', end='\n' if wrong else '')
sys.exit(1 if wrong else 0)
